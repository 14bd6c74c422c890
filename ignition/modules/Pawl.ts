import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { zeroAddress } from "viem";

/**
 * The four contracts in the order registry, consumer, settlement, escrow. Consumer and settlement name the escrow
 * before it exists, so its address is a parameter: the one that the deployer's third nonce from the first yields. The
 * escrow's constructor refuses to exist anywhere else. Ledgers without an evidence verifier refuse provable offers.
 */
export default buildModule("Pawl", (m) => {
  const escrowAddress = m.getParameter<string>("escrowAddress");
  const limits = m.getParameter("limits");
  const verifier = m.getParameter<string>("evidenceVerifier", zeroAddress);
  const permit2 = m.getParameter<string>("permit2", zeroAddress);

  const offerRegistry = m.contract("OfferRegistry", [limits, verifier]);
  const permitConsumer = m.contract("PermitConsumer", [escrowAddress], { after: [offerRegistry] });
  const settlement = m.contract(
    "Settlement",
    [
      escrowAddress,
      offerRegistry,
      permitConsumer,
      verifier,
      m.getParameter<bigint>("minBond"),
      m.getParameter<bigint>("proofGas"),
    ],
    { after: [permitConsumer] },
  );
  const escrow = m.contract("Escrow", [offerRegistry, permitConsumer, settlement, permit2], { after: [settlement] });
  return { offerRegistry, permitConsumer, settlement, escrow };
});
