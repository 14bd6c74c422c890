// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @title Reads one kind of attestation
/// @notice It proves a sentence of the form "if these roots are to be trusted, then this was attested". Whether they
/// are is decided by {ITrustRoots}, which calls it. A verifier trusts nobody and keeps no state.
interface IAttestationVerifier {
    /// @notice Reverts unless `proof` is an attestation of exactly these facts under the roots that it names.
    /// @param facts What the attestation must say. `openedAt` is not looked at: it concerns the roots.
    /// @param proof In the verifier's own encoding.
    /// @return logTime When the transparency log recorded it, unix seconds.
    /// @return roots Ids, by {ITrustRoots}, of every root the proof stands on. Their own windows of validity have been
    /// held against `logTime`.
    function verify(
        IEvidenceVerifier.Facts calldata facts,
        bytes calldata proof
    ) external view returns (uint64 logTime, bytes32[] memory roots);
}
