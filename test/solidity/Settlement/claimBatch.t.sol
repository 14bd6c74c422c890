// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementClaimBatchTest is Settling {
    function test_WhenThereIsNoClaimInIt_ChangeNothing() external {
        VM.recordLogs();
        settlement.claimBatch(publish(), new ISettlement.SignedClaim[](0));
        requireEvents(1); // the publication
    }

    function test_WhenThereAreClaimsOfSeveralEntitlementsInIt_AcceptEachOfThem() external {
        Claimed[] memory claims = threeClaims();
        submit(claims);
        requireAll(claims);
    }

    function test_WhenThereAreClaimsOfSeveralEntitlementsInIt_EmitStepClaimedForEach() external {
        Claimed[] memory claims = threeClaims();
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        VM.recordLogs();
        uint40 windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        for (uint256 i; i < claims.length; ++i) expectStepClaimed(claims[i], windowEnd);
        settlement.claimBatch(claims[0].opened.entitled.terms, signed);
        requireEvents(claims.length);
    }

    function test_WhenThereAreClaimsOfSeveralEntitlementsInIt_LeaveTheHeadsAsSingleClaimsWould() external {
        Claimed[] memory claims = threeClaims();
        submit(claims);
        for (uint256 i; i < claims.length; ++i) {
            assertEq(
                escrow.headOf(claims[i].opened.entitled.id),
                Hashes.head(claims[i].claim.nextStateCommitment, claims[i].claim.nextNetCommitment),
                "head"
            );
        }
    }

    function test_WhenThereIsOneClaimInIt_AcceptThat() external {
        Claimed[] memory claims = new Claimed[](1);
        claims[0] = claimOf(open(buy()));
        submit(claims);
        requireAll(claims);
    }

    function test_WhenOneClaimInItIsRefused_RevertWithTheReasonOfTheFirstThatIsRefused() external {
        Claimed[] memory claims = threeClaims();
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        signed[1].signature = "";
        signed[2].deadline = uint64(nowIs() - 1);
        expectRefusal(
            abi.encodeWithSelector(ISettlement.ApprovalSignatureInvalid.selector, verifier, claims[1].ref.claimHash)
        );
        settlement.claimBatch(claims[0].opened.entitled.terms, signed);
    }

    function test_WhenOneClaimInItIsRefused_AcceptNoneOfTheOthers() external {
        Claimed[] memory claims = threeClaims();
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        signed[2].signature = "";
        bytes memory data = abi.encodeCall(ISettlement.claimBatch, (claims[0].opened.entitled.terms, signed));
        assertFalse(succeeds(address(settlement), data), "the batch is accepted");
        for (uint256 i; i < claims.length; ++i) {
            Opened memory opened = claims[i].opened;
            assertTrue(
                escrow.isOpen(opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead),
                "the step is open still"
            );
        }
    }

    function test_WhenTwoClaimsInItAreForOneStep_RevertWithStepNotOpen() external {
        Claimed[] memory claims = new Claimed[](2);
        claims[0] = claimOf(open(buy()));
        claims[1] = claimOf(claims[0].opened);
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        expectRefusal(notOpen(claims[0].opened));
        settlement.claimBatch(claims[0].opened.entitled.terms, signed);
    }

    function test_WhenAClaimInItWasApprovedForLongerThanTheOthers_RevertWithApprovalExpiredForTheOneWhoseDeadlineHasPassed()
        external
    {
        Claimed[] memory claims = threeClaims();
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        signed[1].deadline = uint64(nowIs() + 10);
        signed[1].signature = approval(verifier, claims[1], signed[1].deadline);
        pass(11);
        expectRefusal(abi.encodeWithSelector(ISettlement.ApprovalExpired.selector, signed[1].deadline));
        settlement.claimBatch(claims[0].opened.entitled.terms, signed);
    }

    function test_WhenAClaimInItIsOfAnotherOffer_RevertWithApprovalSignatureInvalid() external {
        Claimed[] memory claims = threeClaims();
        claims[2] = claimOf(open(buy()));
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        OfferTerms memory terms = claims[0].opened.entitled.terms;
        // The claim as it would be of an entitlement of the offer that the batch is for.
        Entitled memory mistaken = entitledOf(terms, buyer, claims[2].ref.salt);
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.ApprovalSignatureInvalid.selector,
                verifier,
                Hashes.claimHash(address(settlement), mistaken.id, claims[2].claim)
            )
        );
        settlement.claimBatch(terms, signed);
    }

    function test_GivenTheOfferNamesNoVerifierForItsBatches_RevertWithVerifierMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.verifier = address(0);
        publish(terms);
        Claimed[] memory claims = new Claimed[](1);
        claims[0] = claimOf(open(buy(terms, 4)));
        ISettlement.SignedClaim[] memory signed = signedClaims(claims);
        expectRefusal(ISettlement.VerifierMissing.selector);
        settlement.claimBatch(terms, signed);
    }

    // ------------------------------------------------------------------ parts

    /// @dev Open steps of three entitlements of one offer, the second of them a second step.
    function threeClaims() private returns (Claimed[] memory claims) {
        OfferTerms memory terms = publish();
        claims = new Claimed[](3);
        claims[0] = claimOf(open(buy(terms, 4)));
        claims[1] = claimOf(openAfter(claim(buy(terms, 4))));
        claims[2] = claimOf(open(buyFor(terms, stranger, 4)));
    }

    function signedClaims(Claimed[] memory claims) private view returns (ISettlement.SignedClaim[] memory signed) {
        signed = new ISettlement.SignedClaim[](claims.length);
        for (uint256 i; i < claims.length; ++i) signed[i] = signedClaim(claims[i]);
    }

    function submit(Claimed[] memory claims) private {
        settlement.claimBatch(claims[0].opened.entitled.terms, signedClaims(claims));
    }

    function requireAll(Claimed[] memory claims) private view {
        for (uint256 i; i < claims.length; ++i) {
            claims[i].ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
            requirePending(claims[i]);
        }
    }
}
