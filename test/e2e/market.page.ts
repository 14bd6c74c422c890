import type { Page } from "playwright-core";

const LONG_MS = 60_000;

/** The market as a person uses it, page by page. */
export function marketPages(page: Page, baseUrl: string) {
  const open = (path: string) => page.goto(`${baseUrl}${path}`, { waitUntil: "load" });
  const button = (name: string | RegExp) => page.getByRole("button", { name });
  const card = (step: number) => page.getByRole("region", { name: `Step ${step}`, exact: true });

  return {
    page,
    open,

    async connect(wallet: string): Promise<void> {
      await page.locator("header").getByRole("button", { name: "Connect wallet" }).click();
      await page.getByRole("dialog").getByText(wallet, { exact: true }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
    },

    /** Finds an offer by search and opens its page. */
    async find(title: string): Promise<void> {
      await open("/");
      await page.getByLabel("Search").fill(title);
      await button("Show").click();
      await page.waitForURL(/q=/);
      await page.getByRole("link", { name: title, exact: true }).click();
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
    },

    /** Publishes what the open form proposes, but for what is named, and returns the offer's page. */
    async publish(offer: {
      readonly title: string;
      readonly description: string;
      readonly disputeSeconds: number;
    }): Promise<string> {
      await page.getByLabel("Title").fill("");
      await button("Publish the offer").click();
      await page.getByText("Give the offer a title.").waitFor();
      await page.getByLabel("Title").fill(offer.title);
      await page.getByLabel("Description").fill(offer.description);
      await page.getByLabel("Dispute window, seconds").fill(String(offer.disputeSeconds));
      await button("Publish the offer").click();
      await page.waitForURL(/\/offers\/0x[0-9a-f]{64}$/, { timeout: LONG_MS });
      await page.getByRole("heading", { level: 1, name: offer.title }).waitFor();
      return new URL(page.url()).pathname;
    },

    /** Buys steps of the offer that is open, and returns the entitlement's page. */
    async buy(steps: number): Promise<string> {
      await page.getByLabel("Steps", { exact: true }).fill(String(steps));
      await button(`Buy ${steps} steps`).click();
      await page.waitForURL(/\/entitlements\/0x[0-9a-f]{64}$/, { timeout: LONG_MS });
      return new URL(page.url()).pathname;
    },

    async request(step: number): Promise<void> {
      await button(`Request step ${step}`).click({ timeout: LONG_MS });
    },

    async permit(step: number): Promise<void> {
      await page
        .getByRole("heading", { name: `A run asks for your permit: step ${step}` })
        .waitFor({ timeout: LONG_MS });
      await button("Sign the permit").click();
    },

    /** Asks again until the run is done: before that, its evidence is not there to collect. */
    async verifyAndClaim(step: number): Promise<void> {
      await page.getByRole("heading", { name: `Step ${step} is running` }).waitFor({ timeout: LONG_MS });
      const claimed = page.getByRole("heading", { name: `Step ${step} is claimed` });
      for (let attempt = 0; attempt < 30; attempt++) {
        const verify = button("Verify and claim");
        if (await verify.isEnabled().catch(() => false)) await verify.click().catch(() => undefined);
        const isClaimed = await claimed.waitFor({ timeout: 3000 }).then(
          () => true,
          () => false,
        );
        if (isClaimed) return;
      }
      throw new Error(`step ${step} was never claimed: ${await page.getByRole("alert").allInnerTexts()}`);
    },

    /** Demands a proof of a claim, with a bond. */
    async demandProof(step: number): Promise<void> {
      await card(step).getByRole("button", { name: "Demand proof on-chain" }).click({ timeout: LONG_MS });
      await page.getByRole("heading", { name: `Step ${step} is challenged` }).waitFor({ timeout: LONG_MS });
    },

    /** Proves a step in two presses: the second stands beside the cost. Asks again until the run is done. */
    async prove(step: number, label = "Prove on-chain"): Promise<void> {
      const cost = card(step).getByRole("region", { name: "Cost of the proof" });
      for (let attempt = 0; attempt < 30 && !(await cost.isVisible()); attempt++) {
        const first = card(step).getByRole("button", { name: label });
        await first.click({ timeout: LONG_MS }).catch(() => undefined);
        await cost.waitFor({ timeout: 5000 }).catch(() => undefined);
      }
      await cost.getByText("In all").waitFor();
      await cost.getByRole("button", { name: /^Send the proof for about [0-9.]+ ETH$/ }).click();
      await page
        .getByRole("listitem")
        .filter({ has: page.getByRole("heading", { name: `Step ${step}`, exact: true }) })
        .getByRole("link", { name: "Proven on-chain: see each stage" })
        .waitFor({ timeout: LONG_MS });
    },

    /** Opens the page of a step's proof. */
    async openProof(step: number): Promise<void> {
      await page
        .getByRole("listitem")
        .filter({ has: page.getByRole("heading", { name: `Step ${step}`, exact: true }) })
        .getByRole("link", { name: "Proven on-chain: see each stage" })
        .click();
      await page.getByRole("heading", { level: 1, name: "A proof, stage by stage" }).waitFor();
    },

    /** Ends the dispute window of a claim, as its buyer. */
    async agree(step: number): Promise<void> {
      await card(step).getByRole("button", { name: "Agree to payment now" }).click({ timeout: LONG_MS });
    },

    /** Calls the arbiter against a claim, as its buyer. */
    async object(step: number, statement: string): Promise<void> {
      await card(step).getByText("Object to how the step was done").click({ timeout: LONG_MS });
      await page.getByLabel("What was wrong").fill(statement);
      await button("Challenge conduct").click();
      await page.getByRole("heading", { name: `Step ${step} is challenged` }).waitFor({ timeout: LONG_MS });
    },

    /** Rejects the one claim that waits for a ruling, as its arbiter. */
    async reject(statement: string): Promise<void> {
      await page.getByText(statement).waitFor({ timeout: LONG_MS });
      await page.getByLabel(/^Rejected:/).check();
      await button("Rule").click();
      await page.getByText("Nothing waits for a ruling").waitFor({ timeout: LONG_MS });
    },

    /** Withdraws earnings of each offer and credit, which holds bonds that were won, one after the other. */
    async withdrawAll(): Promise<void> {
      const nothing = page.getByText("There is nothing to withdraw now.");
      const withdraw = button(/^Withdraw /);
      await withdraw.or(nothing).first().waitFor({ timeout: LONG_MS });
      for (let left = await withdraw.count(); left > 0; left--) {
        await withdraw.first().click({ timeout: LONG_MS });
        await withdraw.nth(left - 1).waitFor({ state: "detached", timeout: LONG_MS });
      }
      await nothing.waitFor({ timeout: LONG_MS });
    },

    /** Asks again while the chain's clock, that of its last block, is behind the page's. */
    async havePaid(step: number): Promise<void> {
      const paid = page
        .getByRole("listitem")
        .filter({ has: page.getByRole("heading", { name: `Step ${step}`, exact: true }) })
        .getByText("Paid", { exact: true });
      const pay = button(`Have step ${step} paid`);
      await pay.click({ timeout: LONG_MS });
      for (let attempt = 0; attempt < 12 && !(await paid.isVisible()); attempt++) {
        await paid.waitFor({ timeout: 5000 }).catch(() => undefined);
        if (await pay.isEnabled({ timeout: 500 }).catch(() => false)) await pay.click().catch(() => undefined);
      }
      await paid.waitFor({ timeout: LONG_MS });
    },
  };
}

export type MarketPages = ReturnType<typeof marketPages>;
