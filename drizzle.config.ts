import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: ["./lib/gateway/tables.ts", "./lib/market/tables.ts"],
  out: "./lib/store/migrations",
});
