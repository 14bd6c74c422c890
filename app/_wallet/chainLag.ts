/** The chain goes by the time of its last block, which is a moment behind the browser's. */
export const CHAIN_LAG_SECONDS = 3;
