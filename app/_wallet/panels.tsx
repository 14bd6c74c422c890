"use client";

import type { ComponentProps } from "react";
import type { BuyPanel as Buy } from "./BuyPanel.tsx";
import type { CreditPanel as Credit } from "./CreditPanel.tsx";
import type { EntitlementPanel as Entitlement } from "./EntitlementPanel.tsx";
import { LazyPanel } from "./LazyPanel.tsx";
import type { MyAddress as Mine } from "./MyAddress.tsx";
import type { PublishPanel as Publish } from "./PublishPanel.tsx";
import type { RulingPanel as Ruling } from "./RulingPanel.tsx";
import type { SellerPanel as Seller } from "./SellerPanel.tsx";

/** Panels that need a wallet. Their code, and the wallet stack with it, is fetched apart from the pages. */

const loadBuy = async () => (await import("./BuyPanel.tsx")).BuyPanel;
const loadPublish = async () => (await import("./PublishPanel.tsx")).PublishPanel;
const loadMine = async () => (await import("./MyAddress.tsx")).MyAddress;
const loadEntitlement = async () => (await import("./EntitlementPanel.tsx")).EntitlementPanel;
const loadSeller = async () => (await import("./SellerPanel.tsx")).SellerPanel;
const loadCredit = async () => (await import("./CreditPanel.tsx")).CreditPanel;
const loadRuling = async () => (await import("./RulingPanel.tsx")).RulingPanel;

export function BuyPanel(props: ComponentProps<typeof Buy>) {
  return <LazyPanel load={loadBuy} panel={props} opener="Buy steps" />;
}

export function PublishPanel(props: ComponentProps<typeof Publish>) {
  return <LazyPanel load={loadPublish} panel={props} />;
}

export function MyAddress(props: ComponentProps<typeof Mine>) {
  return <LazyPanel load={loadMine} panel={props} />;
}

export function EntitlementPanel(props: ComponentProps<typeof Entitlement>) {
  return <LazyPanel load={loadEntitlement} panel={props} />;
}

export function SellerPanel(props: ComponentProps<typeof Seller>) {
  return <LazyPanel load={loadSeller} panel={props} />;
}

export function CreditPanel(props: ComponentProps<typeof Credit>) {
  return <LazyPanel load={loadCredit} panel={props} />;
}

export function RulingPanel(props: ComponentProps<typeof Ruling>) {
  return <LazyPanel load={loadRuling} panel={props} />;
}
