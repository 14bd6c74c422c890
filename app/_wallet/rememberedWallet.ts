/** Under which key wagmi keeps its state. */
const WAGMI_STATE = "wagmi.store";

/** Fired on the window when a wallet connects, so that panels which wait for one fetch themselves. */
export const WALLET_CONNECTED = "pawl:wallet-connected";

/**
 * Whether a wallet was connected before the page was loaded. Read from storage, so that a visitor without a wallet
 * never downloads the wallet stack.
 */
export function hasRememberedWallet(storage: Pick<Storage, "getItem">): boolean {
  const stored = storage.getItem(WAGMI_STATE);
  if (stored === null) return false;
  try {
    const state: unknown = JSON.parse(stored);
    return /"current":"/.test(JSON.stringify(state));
  } catch (thrown) {
    // Storage belongs to the browser: what is unreadable there counts as nothing remembered.
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}
