import Link from "next/link";
import { zeroAddress } from "viem";
import { PageHead } from "../_components/parts.tsx";
import { tokenInfo } from "../_server/money.ts";
import { hashIn, type SearchParams } from "../_server/query.ts";
import { getRuntime } from "../_server/runtime.ts";
import { getService } from "../_server/service.ts";
import { PublishPanel } from "../_wallet/panels.tsx";
import { draftLike, emptyDraft } from "./startingDraft.ts";

export const metadata = { title: "Publish an offer" };

export default async function PublishPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const like = hashIn((await searchParams).like);
  const [{ market, deployment }, runtime] = await Promise.all([getService(), getRuntime()]);
  const offers = (await market.listOffers({ sort: "newest" })).filter(
    ({ policy, terms }) => policy !== null && terms.gateway === runtime.gateway,
  );
  const model = offers.find(({ id }) => id === like) ?? offers[0];
  const [tokens, modelToken] = await Promise.all([
    Promise.all([zeroAddress, ...(deployment.sandboxToken ? [deployment.sandboxToken] : [])].map(tokenInfo)),
    model && tokenInfo(model.terms.token),
  ]);
  const draft =
    model?.policy && modelToken ? draftLike(model.terms, model.policy, modelToken.decimals) : emptyDraft(runtime);
  return (
    <>
      <PageHead title="Publish an offer">
        <p>
          Terms and policy are fixed for good once published; you can only end the sale. The contracts refuse terms
          outside this deployment&rsquo;s bounds.
        </p>
        {model && (
          <p>
            The form starts from <Link href={`/offers/${model.id}`}>{model.title}</Link>, whose pinned commits this
            deployment can run.
          </p>
        )}
      </PageHead>
      <PublishPanel runtime={runtime} initial={draft} tokens={tokens} />
    </>
  );
}
