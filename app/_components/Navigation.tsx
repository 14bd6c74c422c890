"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import styles from "./shell.module.css";

const PAGES = [
  { href: "/", label: "Market", hasWallet: false },
  { href: "/entitlements", label: "My steps", hasWallet: true },
  { href: "/verify", label: "Verify", hasWallet: false },
  { href: "/publish", label: "Publish", hasWallet: true },
  { href: "/seller", label: "Seller", hasWallet: true },
  { href: "/arbiter", label: "Arbiter", hasWallet: true },
  { href: "/activity", label: "Activity", hasWallet: false },
] as const;

/** The pages by name. Pages with a wallet are not prefetched: that would fetch the wallet stack along with them. */
export function Navigation() {
  const path = usePathname();
  return (
    <ul className={styles.nav}>
      {PAGES.map(({ href, label, hasWallet }) => {
        const isHere = href === "/" ? path === "/" || path.startsWith("/offers") : path.startsWith(href);
        return (
          <li key={href}>
            <Link
              href={href}
              {...(hasWallet ? { prefetch: false } : {})}
              {...(isHere ? { "aria-current": "page" } : {})}
            >
              {label}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
