"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Asks the server for the page's data again and again, while somebody looks at it. */
export function LiveRefresh({ everySeconds }: { readonly everySeconds: number }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") router.refresh();
    }, everySeconds * 1000);
    return () => clearInterval(timer);
  }, [router, everySeconds]);
  return null;
}
