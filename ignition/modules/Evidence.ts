import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * What checks evidence on-chain, in this order: the arithmetic, the reader of attestations, and the roots that say which
 * of them count. They know nothing of the trade. What verifies nothing before it was done, and needs nobody's right:
 * tables of the generator and of every issuer's key, by calls to `P384`.
 */
export default buildModule("Evidence", (m) => {
  const p384 = m.contract("P384");
  const sha384 = m.contract("Sha384Hasher", [], { after: [p384] });
  const sigstoreVerifier = m.contract("SigstoreVerifier", [p384, sha384, m.getParameter<string>("oidcIssuer")], {
    after: [sha384],
  });
  const trustRoots = m.contract(
    "TrustRoots",
    [
      m.getParameter<string>("governor"),
      m.getParameter<string>("guardian"),
      m.getParameter<number>("delay"),
      m.getParameter("issuers"),
      m.getParameter("logs"),
      [sigstoreVerifier],
    ],
    { after: [sigstoreVerifier] },
  );
  return { p384, sha384, sigstoreVerifier, trustRoots };
});
