/** How many Solidity tests passed and failed, from what `hardhat test solidity` prints at its end. */
export function solidityTally(output: string): { readonly passed: number; readonly failed: number } {
  return { passed: figure(output, "passing"), failed: figure(output, "failing") };
}

function figure(output: string, word: "passing" | "failing"): number {
  return Number(new RegExp(`^\\s*(\\d+) ${word}`, "m").exec(output)?.[1] ?? 0);
}
