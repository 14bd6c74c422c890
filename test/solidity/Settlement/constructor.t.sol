// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {RunKey} from "../../../contracts/types/Ids.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementConstructorTest is Settling {
    function test_WhenItIsDeployed_KnowTheLedger() external {
        assertEq(address(deployed(1, 1).escrow()), address(escrow), "ledger");
    }

    function test_WhenItIsDeployed_KnowTheRegistry() external {
        assertEq(address(deployed(1, 1).offerRegistry()), address(registry), "registry");
    }

    function test_WhenItIsDeployed_KnowThePermitConsumer() external {
        assertEq(address(deployed(1, 1).permitConsumer()), address(consumer), "permit consumer");
    }

    function test_WhenItIsDeployed_KnowTheEvidenceVerifier() external {
        assertEq(address(deployed(1, 1).evidenceVerifier()), address(evidence), "evidence verifier");
    }

    function test_WhenItIsDeployed_AskForTheLeastBondItWasGiven(uint96 minBond) external {
        assertEq(deployed(minBond, PROOF_GAS).evidenceBond(), minBond, "bond at a base fee of zero");
    }

    function test_WhenItIsDeployed_AskForFourTimesTheGasOfAProofItWasGiven(uint32 proofGas) external {
        VM.fee(3);
        assertEq(deployed(0, proofGas).evidenceBond(), uint256(proofGas) * 12, "bond");
    }

    function test_WhenItIsDeployed_KnowNoChallengeAndNoProvenRun(RunKey runKey, uint64 runId) external {
        ISettlement fresh_ = deployed(1, 1);
        ISettlement.Challenge memory none;
        for (uint8 kind; kind < 2; ++kind) {
            assertEq(
                abi.encode(fresh_.challengeOf(runKey, ISettlement.ChallengeKind(kind))),
                abi.encode(none),
                "challenge"
            );
        }
        assertEq(fresh_.provenRunOf(77, runId, 1), 0, "proven run");
    }

    function test_WhenThereIsNoEvidenceVerifier_KnowThat() external {
        deploy(address(0), address(permit2));
        assertEq(address(settlement.evidenceVerifier()), address(0), "evidence verifier");
    }

    function test_WhenThereIsNeitherLeastBondNorGasOfAProof_AskForNoBond(uint64 baseFee) external {
        VM.fee(baseFee);
        assertEq(deployed(0, 0).evidenceBond(), 0, "bond");
    }

    function deployed(uint256 minBond, uint256 proofGas) private returns (ISettlement) {
        return ISettlement(create("Settlement", abi.encode(escrow, registry, consumer, evidence, minBond, proofGas)));
    }
}
