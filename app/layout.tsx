import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Shell } from "./_components/Shell.tsx";
import { getRuntime } from "./_server/runtime.ts";
import "./_styles/tokens.css";
import "./_styles/base.css";

export const metadata: Metadata = {
  title: { default: "Pawl: pay only for proven steps", template: "%s · Pawl" },
  description: "A marketplace for proof-backed execution.",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fbfaf6" },
    { media: "(prefers-color-scheme: dark)", color: "#141513" },
  ],
};

// Pages show the chain's state and carry a nonce of their own request, so none can be made ahead of time.
export const dynamic = "force-dynamic";

export default async function Layout({ children }: { readonly children: ReactNode }) {
  const runtime = await getRuntime();
  return (
    <html lang="en">
      <body>
        <Shell runtime={runtime}>{children}</Shell>
      </body>
    </html>
  );
}
