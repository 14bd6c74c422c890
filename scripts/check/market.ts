import { buildMarket } from "../stack/build.ts";

/** Builds the market's pages; fails with the end of the build's log. */
await buildMarket((line) => console.log(line));
