// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISignatureTransfer} from "../../../contracts/interfaces/ISignatureTransfer.sol";
import {SandboxToken} from "../../../contracts/sandbox/SandboxToken.sol";
import {EvidenceVerifierDouble} from "../../../contracts/test/EvidenceVerifierDouble.sol";
import {Assertions} from "./Assertions.sol";
import {VM} from "./Vm.sol";

/// @notice The four contracts as they are deployed, with second-long least windows.
/// @dev They are created from their artifacts and known by their interfaces: what is tested is the bytecode that is
/// deployed, and a change in a contract compiles no test anew.
abstract contract Deployment is Assertions {
    /// @dev No base fee of these tests makes a bond larger than this, unless they say so.
    uint256 internal constant MIN_BOND = 0.1 ether;
    uint256 internal constant PROOF_GAS = 2_500_000;
    uint256 private constant START = 1_800_000_000;

    IOfferRegistry internal registry;
    IPermitConsumer internal consumer;
    ISettlement internal settlement;
    IEscrow internal escrow;
    EvidenceVerifierDouble internal evidence;
    SandboxToken internal token;
    ISignatureTransfer internal permit2;

    function setUp() public virtual {
        VM.warp(START);
        VM.fee(0);
        evidence = EvidenceVerifierDouble(create("EvidenceVerifierDouble", ""));
        token = SandboxToken(create("SandboxToken", ""));
        permit2 = ISignatureTransfer(create("SandboxPermit2", ""));
        deploy(address(evidence), address(permit2));
    }

    /// @dev Puts a fresh deployment in the place of the present one.
    /// @param evidenceVerifier 0 refuses provable offers.
    /// @param signatureTransfer 0 refuses payments by Permit2.
    function deploy(address evidenceVerifier, address signatureTransfer) internal {
        uint256 nonce = VM.getNonce(address(this));
        address ledger = VM.computeCreateAddress(address(this), nonce + 3);
        registry = IOfferRegistry(create("OfferRegistry", abi.encode(defaultLimits(), evidenceVerifier)));
        consumer = IPermitConsumer(create("PermitConsumer", abi.encode(ledger)));
        settlement = ISettlement(
            create("Settlement", abi.encode(ledger, registry, consumer, evidenceVerifier, MIN_BOND, PROOF_GAS))
        );
        escrow = IEscrow(create("Escrow", abi.encode(registry, consumer, settlement, signatureTransfer)));
        VM.label(address(registry), "OfferRegistry");
        VM.label(address(consumer), "PermitConsumer");
        VM.label(address(settlement), "Settlement");
        VM.label(address(escrow), "Escrow");
    }

    function defaultLimits() internal pure returns (IOfferRegistry.Limits memory) {
        return
            IOfferRegistry.Limits({
                minStepTimeout: 2,
                maxStepTimeout: 30 days,
                minDisputeWindow: 3,
                maxDisputeWindow: 14 days,
                minProofWindow: 4,
                maxProofWindow: 7 days,
                minArbitrationWindow: 5,
                maxArbitrationWindow: 29 days,
                minEntitlementTtl: 6,
                maxEntitlementTtl: 365 days,
                maxConductBond: 1 ether
            });
    }

    /// @dev A contract of this project, from its own artifact.
    function create(string memory name, bytes memory arguments) internal returns (address created) {
        bytes memory code = bytes.concat(VM.getCode(string.concat(name, ".sol:", name)), arguments);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
