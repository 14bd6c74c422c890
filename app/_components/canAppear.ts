/** Whether a page that is not found may exist a moment later: its path names an offer or entitlement by a whole id. */
export function canAppear(path: string): boolean {
  return /^\/(offers|entitlements)\/0x[0-9a-fA-F]{64}\/?$/.test(path);
}
