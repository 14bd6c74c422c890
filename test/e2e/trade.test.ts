import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localKey } from "#lib/config/server.ts";
import { buildMarket } from "../../scripts/stack/build.ts";
import { roleIndexes } from "../../scripts/stack/roles.ts";
import { startStack } from "../../scripts/stack/stack.ts";
import { installWallet, openBrowser } from "./browser.fixture.ts";
import { type MarketPages, marketPages } from "./market.page.ts";

const CHAIN_ID = 31_337;
const MINUTES = 60_000;

let browser: Browser;
let market: { readonly webUrl: string; readonly rpcUrl: string };
let end: () => Promise<void>;
/** From here on the server signs claims, and wallets submit them. */
let withdrawRelayer: () => Promise<void>;

beforeAll(async () => {
  const running = { webUrl: process.env.PAWL_E2E_URL, rpcUrl: process.env.PAWL_E2E_RPC_URL };
  if (running.webUrl && running.rpcUrl) {
    market = { webUrl: running.webUrl, rpcUrl: running.rpcUrl };
    end = async () => undefined;
    withdrawRelayer = async () => undefined;
  } else {
    await buildMarket(() => undefined);
    const folder = await mkdtemp(join(tmpdir(), "pawl-e2e-"));
    const stack = await startStack({
      folder,
      server: "market",
      ports: { chain: 0, sandbox: 0, web: 0 },
      report: () => undefined,
    });
    market = stack;
    withdrawRelayer = () => stack.restartServer({ relayer: false });
    end = async () => {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    };
  }
  browser = await openBrowser();
}, 6 * MINUTES);

afterAll(async () => {
  await browser?.close();
  await end?.();
});

async function visitor(role: "seller" | "buyer" | "arbiter") {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  const wallet = await installWallet(page, {
    name: `Wallet of the ${role}`,
    account: privateKeyToAccount(localKey(roleIndexes[role])),
    rpcUrl: market.rpcUrl,
    chainId: CHAIN_ID,
  });
  return { pages: marketPages(page, market.webUrl), wallet, problems };
}

const claims = {
  title: "Rule 110, by the page",
  description: 'Draws rows. Example input: {"generations":20,"rule":110}',
  // Longer than any test: buyers agree, or object in time.
  disputeSeconds: 600,
};

describe("a trade through the pages", () => {
  let offerPath: string;
  let entitlementPath: string;
  let buyer: Awaited<ReturnType<typeof visitor>>;

  it("lets a seller publish an offer, after naming what is missing", { timeout: 2 * MINUTES }, async () => {
    const seller = await visitor("seller");
    await seller.pages.find("Cellular automaton, drawn");
    await seller.pages.connect("Wallet of the seller");
    await seller.pages.page.getByRole("link", { name: "Publish a similar offer" }).click();
    offerPath = await seller.pages.publish(claims);
    expect(await seller.pages.page.getByText("For sale").isVisible()).toBe(true);
    expect(seller.problems).toEqual([]);
  });

  it("lets a buyer decline a purchase, and then make it", { timeout: 2 * MINUTES }, async () => {
    buyer = await visitor("buyer");
    const { pages, wallet } = buyer;
    await pages.open(offerPath);
    await pages.connect("Wallet of the buyer");
    wallet.rejectNext("eth_sendTransaction");
    await pages.page.getByLabel("Steps", { exact: true }).fill("2");
    await pages.page.getByRole("button", { name: "Buy 2 steps" }).click();
    await pages.page.getByText("CHAIN_REJECTED_BY_USER").waitFor();
    entitlementPath = await pages.buy(2);
    await pages.page.getByRole("heading", { name: "Request step 1" }).waitFor();
  });

  it("carries a step that the server claims, from request to payment", { timeout: 4 * MINUTES }, async () => {
    await carry(buyer.pages, 1);
    expect(buyer.problems).toEqual([]);
  });

  it("lets a step be taken again, and a wallet claim it, after the arbiter has rejected its claim", {
    timeout: 6 * MINUTES,
  }, async () => {
    const { pages } = buyer;
    await withdrawRelayer();
    await pages.open(entitlementPath);
    const statement = "The drawing is another one.";
    await pages.request(2);
    await pages.permit(2);
    await pages.verifyAndClaim(2);
    await pages.object(2, statement);
    const arbiter = await visitor("arbiter");
    await arbiter.pages.open("/arbiter");
    await arbiter.pages.connect("Wallet of the arbiter");
    await arbiter.pages.reject(statement);
    expect(arbiter.problems).toEqual([]);
    await carry(pages, 2);
    await pages.page.getByText("was rejected by the arbiter").waitFor();
    await pages.page.getByText("Finished", { exact: true }).waitFor();
    expect(buyer.problems).toEqual([]);
  });

  it("lets the seller answer a demand for proof, and get the challenger's bond", { timeout: 4 * MINUTES }, async () => {
    const { pages, problems } = await visitor("buyer");
    await pages.open(offerPath);
    await pages.connect("Wallet of the buyer");
    const path = await pages.buy(2);
    await pages.request(1);
    await pages.permit(1);
    await pages.verifyAndClaim(1);
    await pages.demandProof(1);
    const seller = await visitor("seller");
    await seller.pages.open(path);
    await seller.pages.connect("Wallet of the seller");
    await seller.pages.page.getByText("Proof was demanded").waitFor({ timeout: MINUTES });
    await seller.pages.prove(1, "Answer with a proof");
    await pages.page.getByText("nobody can demand proof of it any more").waitFor({ timeout: MINUTES });
    await pages.agree(1);
    await pages.havePaid(1);
    expect([...problems, ...seller.problems]).toEqual([]);
  });

  it("settles a step by its proof alone, and shows to anybody what the chain checked", {
    timeout: 4 * MINUTES,
  }, async () => {
    const { pages, problems, wallet } = await visitor("buyer");
    await pages.find("Cellular automaton, drawn");
    await pages.connect("Wallet of the buyer");
    const path = await pages.buy(2);
    await pages.request(1);
    await pages.permit(1);
    await pages.page.getByRole("heading", { name: "Step 1 is running" }).waitFor({ timeout: MINUTES });
    const sent = wallet.requests.filter((method) => method === "eth_sendTransaction").length;
    await pages.prove(1);
    await pages.havePaid(1);
    expect(wallet.requests.filter((method) => method === "eth_sendTransaction")).toHaveLength(sent + 2);
    expect(problems).toEqual([]);

    const anybody = marketPages(await (await browser.newContext()).newPage(), market.webUrl);
    await anybody.open(path);
    await anybody.openProof(1);
    await anybody.page.getByText("All 9 stages hold").waitFor({ timeout: MINUTES });
    expect(await anybody.page.getByText("Holds", { exact: true }).count()).toBe(9);
    await anybody.page.getByText("It was proven", { exact: true }).waitFor();
    await anybody.page.getByText("All 14 compared lines are as the step needs them").click();
    await anybody.page.getByText("workflow_dispatch").waitFor();
  });

  it("says that there is no proof where nobody ever had the permit", { timeout: 2 * MINUTES }, async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${market.webUrl}/proofs/0x${"12".repeat(32)}`);
    await page.getByText("No run with this permit").waitFor();
  });

  it("shows the report by a link that needs no wallet", { timeout: 2 * MINUTES }, async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${market.webUrl}${entitlementPath}`);
    await page.getByRole("link", { name: "Verified: see the report" }).first().click();
    await page.getByText("The evidence holds").waitFor();
    await page.getByRole("heading", { name: "Signer commit" }).waitFor();
  });

  it("verifies a downloaded capsule, and names the check that a changed one fails", {
    timeout: 2 * MINUTES,
  }, async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${market.webUrl}${entitlementPath}`);
    const href = await page.getByRole("link", { name: "Download the evidence capsule" }).first().getAttribute("href");
    const capsule = Buffer.from(await (await fetch(`${market.webUrl}${href}`)).arrayBuffer());
    await page.goto(`${market.webUrl}/verify`);
    const file = (buffer: Buffer) => ({ name: "step.capsule", mimeType: "application/octet-stream", buffer });
    await page.locator("input[name=evidence]").setInputFiles(file(capsule));
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("The evidence holds").waitFor();
    const changed = Buffer.from(capsule);
    changed[Math.floor(changed.length / 2)] = (changed[Math.floor(changed.length / 2)] ?? 0) ^ 1;
    await page.locator("input[name=evidence]").setInputFiles(file(changed));
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("The evidence does not hold").or(page.getByRole("alert").first()).waitFor();
    expect(await page.getByText("The evidence holds").isVisible()).toBe(false);
  });

  it("pays the seller what he earned", { timeout: 2 * MINUTES }, async () => {
    const seller = await visitor("seller");
    await seller.pages.open("/seller");
    await seller.pages.connect("Wallet of the seller");
    await seller.pages.page.getByText(`earned with ${claims.title}`).waitFor();
    await seller.pages.withdrawAll();
    expect(seller.problems).toEqual([]);
  });

  it("trades in tokens, with a run that is observed while it lives", { timeout: 4 * MINUTES }, async () => {
    const { pages, problems } = await visitor("buyer");
    await pages.find("Running text digest");
    await pages.connect("Wallet of the buyer");
    await pages.buy(2);
    await pages.request(1);
    await pages.permit(1);
    await pages.verifyAndClaim(1);
    await pages.havePaid(1);
    expect(problems).toEqual([]);
  });
});

async function carry(pages: MarketPages, step: number): Promise<void> {
  await pages.request(step);
  await pages.permit(step);
  await pages.verifyAndClaim(step);
  await pages.agree(step);
  await pages.havePaid(step);
}
