/** Typed data that people sign, written down once more from the documents. */

export const observationTypes = {
  Observation: [
    { name: "runKey", type: "bytes32" },
    { name: "observationHash", type: "bytes32" },
  ],
} as const;

export const acknowledgementTypes = {
  Acknowledgement: [
    { name: "entitlement", type: "bytes32" },
    { name: "step", type: "uint32" },
    { name: "claimHash", type: "bytes32" },
  ],
} as const;

export const delegationTypes = {
  Delegation: [
    { name: "entitlement", type: "bytes32" },
    { name: "delegate", type: "address" },
    { name: "lastStep", type: "uint32" },
    { name: "validUntil", type: "uint64" },
    { name: "generation", type: "uint16" },
    { name: "nonce", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
} as const;

export const tokenPermitTypes = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

const witness = [
  { name: "offerId", type: "bytes32" },
  { name: "steps", type: "uint24" },
  { name: "buyer", type: "address" },
  { name: "salt", type: "bytes32" },
  { name: "deadline", type: "uint64" },
] as const;

export const permit2TypesOf = (witnessType: "Purchase" | "TopUp") => ({
  PermitWitnessTransferFrom: [
    { name: "permitted", type: "TokenPermissions" },
    { name: "spender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
    { name: "witness", type: witnessType },
  ],
  TokenPermissions: [
    { name: "token", type: "address" },
    { name: "amount", type: "uint256" },
  ],
  [witnessType]: witness,
});
