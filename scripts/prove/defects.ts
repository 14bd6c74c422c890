/** A defect put into the ledger's moves on purpose: the prover has to find it. */
export type Defect = {
  readonly name: string;
  readonly file: string;
  /** The proof that has to fail. */
  readonly contract: string;
  /** Statement of `Ledger.sol` inside `move`, and what replaces it. */
  readonly move: string;
  readonly from: string;
  readonly to: string;
};

/** At least one for every move, so that no proof holds only because its move can never succeed. */
export const defects: readonly Defect[] = [
  {
    name: "a purchase that costs one step less",
    file: "Deposit.sol",
    contract: "DepositOfBuying",
    move: "_purchase",
    from: "uint256(terms.price) * steps",
    to: "uint256(terms.price) * (steps - 1)",
  },
  {
    name: "a top-up beyond the most steps",
    file: "Order.sol",
    contract: "OrderOfBuying",
    move: "_topUp",
    from: "if (steps == 0 || steps > free) revert();",
    to: "if (steps == 0 || steps > free + 1) revert();",
  },
  {
    name: "a refund of opened steps",
    file: "Order.sol",
    contract: "OrderOfBuying",
    move: "refund",
    from: "account.bought - account.settled - account.pending",
    to: "account.bought - account.settled",
  },
  {
    name: "a refund of paid steps",
    file: "Once.sol",
    contract: "OnceRefunded",
    move: "refund",
    from: "account.bought - account.settled - account.pending",
    to: "account.bought",
  },
  {
    name: "a refund that credits one step more",
    file: "Deposit.sol",
    contract: "DepositOfRefunding",
    move: "refund",
    from: "uint256(account.price) * steps",
    to: "uint256(account.price) * (uint256(steps) + 1)",
  },
  {
    name: "a step opened that was not bought",
    file: "Order.sol",
    contract: "OrderOfOpening",
    move: "recordOpening",
    from: "if (next > bought) revert();",
    to: "if (next > uint256(bought) + 1) revert();",
  },
  {
    name: "one step more pending than allowed",
    file: "Order.sol",
    contract: "OrderOfOpening",
    move: "recordOpening",
    from: "if (pending >= maxPending) revert();",
    to: "if (pending > maxPending) revert();",
  },
  {
    name: "a timeout that leaves the marker of an open step",
    file: "Order.sol",
    contract: "OrderOfOpening",
    move: "_timeout",
    from: "isOpen = false;",
    to: "",
  },
  {
    name: "a rejection that opens two steps",
    file: "Order.sol",
    contract: "OrderOfRejecting",
    move: "reject",
    from: "step - 1 - account.settled",
    to: "step + 1 - account.settled",
  },
  {
    name: "a payment that settles nothing",
    file: "Deposit.sol",
    contract: "PaymentSettlesOne",
    move: "_pay",
    from: "account.settled = uint24(next);",
    to: "",
  },
  {
    name: "a payment that leaves its step pending",
    file: "Order.sol",
    contract: "OrderOfPaying",
    move: "_pay",
    from: "account.pending = pending - 1;",
    to: "account.pending = pending;",
  },
  {
    name: "a split that gives the seller more than the price",
    file: "Deposit.sol",
    contract: "PaymentGivesOnePrice",
    move: "recordSplit",
    from: "if (sellerShare == 0 || sellerShare >= price) revert();",
    to: "if (sellerShare == 0 || sellerShare > 2 * uint256(price)) revert();",
  },
];
