// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementChallengeConductBesideEvidenceTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;
    uint96 private constant SHARE = 400;
    uint256 private constant REST_OF_BOND = CONDUCT_BOND - ARBITER_FEE;

    function test_WhenBothChallengesAreOpen_HoldBothBondsApart() external {
        Claimed memory claimed = both(0);
        assertEq(escrow.bondsHeld(), MIN_BOND + CONDUCT_BOND, "bonds held");
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).bond, MIN_BOND, "evidence bond");
        assertEq(settlement.challengeOf(claimed.ref.runKey, CONDUCT).bond, CONDUCT_BOND, "conduct bond");
    }

    function test_WhenBothChallengesAreOpen_BlockTheStepUntilBothAreDecided() external {
        Claimed memory claimed = both(0);
        pass(DISPUTE_WINDOW);
        blocked(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        blocked(claimed);
        prove(claimed);
        finalize(claimed);
    }

    // ------------------------------------------------------------------ the proof comes

    function test_WhenTheClaimIsProvenAndThenUpheld_PayTheSellerBothBondsButForTheFee() external {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        prove(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        sellerHasBoth(claimed, books);
    }

    function test_WhenTheClaimIsUpheldAndThenProven_PayTheSellerBothBondsButForTheFee() external {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        prove(claimed);
        sellerHasBoth(claimed, books);
    }

    function test_WhenTheClaimIsProvenAndThenSplit_DivideThePrice() external {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        prove(claimed);
        rule(claimed, ISettlement.Ruling.Split, SHARE);
        isDivided(claimed, books);
    }

    function test_WhenTheClaimIsSplitAndThenProven_DivideThePrice() external {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, ISettlement.Ruling.Split, SHARE);
        prove(claimed);
        isDivided(claimed, books);
    }

    function test_WhenTheClaimIsProvenAndThenRejected_PayTheSellerTheEvidenceBondAndTheBuyerFromTheStake() external {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        prove(claimed);
        rule(claimed, ISettlement.Ruling.Rejected, 0);
        books.seller += MIN_BOND;
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND + ARBITER_FEE;
        books.stake -= ARBITER_FEE;
        ended(claimed, books);
        requireVoid(claimed);
    }

    function test_WhenTheClaimIsProvenAndTheArbiterStaysSilent_PayTheSellerTheEvidenceBondAndReturnTheConductBond()
        external
    {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        prove(claimed);
        pass(ARBITRATION_WINDOW);
        rejectUnruled(claimed);
        books.seller += MIN_BOND;
        books.buyer += CONDUCT_BOND;
        ended(claimed, books);
        requireVoid(claimed);
    }

    // ------------------------------------------------------------------ the proof does not come

    function test_WhenTheClaimIsUpheldAndThenNotProven_PayTheChallengerFromTheStakeAndKeepWhatTheRulingPaid() external {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        pass(PROOF_WINDOW);
        rejectUnproven(claimed);
        books.arbiter += ARBITER_FEE;
        books.seller += REST_OF_BOND;
        books.challenger += 2 * MIN_BOND;
        books.stake -= MIN_BOND;
        ended(claimed, books);
        requireVoid(claimed);
    }

    function test_WhenTheClaimIsSplitAndThenNotProven_PayTheChallengerFromTheStakeAndGiveTheBuyerTheWholePriceBack()
        external
    {
        Claimed memory claimed = both(1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, ISettlement.Ruling.Split, SHARE);
        pass(PROOF_WINDOW);
        rejectUnproven(claimed);
        VM.prank(buyer);
        escrow.refund(claimed.opened.entitled.terms, buyer, claimed.ref.salt, 4);
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND + 4 * PRICE;
        books.deposit -= 4 * PRICE;
        books.challenger += 2 * MIN_BOND;
        books.stake -= MIN_BOND;
        ended(claimed, books);
    }

    function test_WhenTheArbiterRejectsWhileTheProofIsDue_ReturnTheEvidenceBondAndSlashOnlyTheFee() external {
        Claimed memory claimed = both(1 ether);
        pass(PROOF_WINDOW - 1);
        rejectedByArbiter(claimed, 0, ARBITER_FEE);
    }

    function test_WhenTheArbiterRejectsAfterTheProofWasDue_SlashBondAndFee() external {
        Claimed memory claimed = both(1 ether);
        pass(PROOF_WINDOW);
        rejectedByArbiter(claimed, MIN_BOND, ARBITER_FEE);
    }

    function test_WhenTheArbiterRejectsAfterTheProofWasDueAndTheStakeCoversOnlyTheBond_PayTheChallengerFirst()
        external
    {
        Claimed memory claimed = both(MIN_BOND + 50);
        pass(PROOF_WINDOW);
        rejectedByArbiter(claimed, MIN_BOND, 50);
    }

    function test_WhenTheArbiterRejectsAfterTheProofWasDueAndARootWasRevoked_SlashOnlyTheFee() external {
        Claimed memory claimed = both(1 ether);
        evidence.revokeRoot();
        pass(PROOF_WINDOW);
        rejectedByArbiter(claimed, 0, ARBITER_FEE);
    }

    function test_WhenTheClaimIsNotProvenWhileTheRulingIsDue_ReturnTheConductBond() external {
        Claimed memory claimed = both(1 ether);
        pass(PROOF_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.buyer += CONDUCT_BOND;
        books.challenger += 2 * MIN_BOND;
        books.stake -= MIN_BOND;
        ended(claimed, books);
    }

    function test_WhenTheArbiterIsSilentWhileTheProofIsDue_ReturnBothBonds() external {
        Claimed memory claimed = claim(buy());
        postStake(claimed.opened.entitled, 1 ether);
        challengeConduct(claimed);
        // The proof is due at 100, the ruling at 90.
        pass(30);
        challengeEvidence(claimed);
        pass(60);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnruled(claimed);
        books.buyer += CONDUCT_BOND;
        books.challenger += MIN_BOND;
        ended(claimed, books);
    }

    // ------------------------------------------------------------------ who comes first

    function test_WhenBothAreOver_ComeToTheSameWhetherTheProofOrTheRulingIsFoundMissing(
        uint96 stake,
        uint8 delay
    ) external {
        Claimed memory claimed = both(stake % (2 * MIN_BOND));
        pass(uint256(ARBITRATION_WINDOW) + delay);
        uint256 before = VM.snapshotState();
        rejectUnproven(claimed);
        bytes memory byProof = abi.encode(booksOf(claimed.opened.entitled), recordOf(claimed));
        VM.revertToState(before);
        rejectUnruled(claimed);
        bytes memory byRuling = abi.encode(booksOf(claimed.opened.entitled), recordOf(claimed));
        assertEq(byProof, byRuling, "money and entitlement");
    }

    function test_WhenBothAreOver_ComeToTheSameInWhicheverOrderTheyWereOpened() external {
        Claimed memory claimed = claim(buy());
        postStake(claimed.opened.entitled, 1 ether);
        uint256 before = VM.snapshotState();
        challengeEvidence(claimed);
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
        rejectUnproven(claimed);
        bytes memory evidenceFirst = abi.encode(booksOf(claimed.opened.entitled), recordOf(claimed));
        VM.revertToState(before);
        challengeConduct(claimed);
        challengeEvidence(claimed);
        pass(ARBITRATION_WINDOW);
        rejectUnproven(claimed);
        bytes memory conductFirst = abi.encode(booksOf(claimed.opened.entitled), recordOf(claimed));
        assertEq(evidenceFirst, conductFirst, "money and entitlement");
    }

    function test_WhenOneOfThemHasEndedTheClaim_LeaveNothingForTheOtherToEnd() external {
        Claimed memory claimed = both(0);
        pass(ARBITRATION_WINDOW);
        rejectUnruled(claimed);
        expectRefusal(unknownChallenge(claimed, EVIDENCE));
        rejectUnproven(claimed);
        expectRefusal(unknownChallenge(claimed, EVIDENCE));
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        expectRefusal(unknownChallenge(claimed, CONDUCT));
        settlement.reclaimBond(claimed.ref.runKey, CONDUCT);
        assertEq(escrow.bondsHeld(), 0, "bonds held");
    }

    // ------------------------------------------------------------------ parts

    /// @dev A claim with both challenges open.
    function both(uint256 stake) private returns (Claimed memory claimed) {
        Entitled memory entitled = buy();
        if (stake > 0) postStake(entitled, stake);
        claimed = claim(entitled);
        challengeEvidence(claimed);
        challengeConduct(claimed);
    }

    function blocked(Claimed memory claimed) private {
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        finalize(claimed);
    }

    /// @dev Both challenges are decided, their bonds paid out, and this is what everybody has.
    function ended(Claimed memory claimed, Books memory books) private view {
        books.bonds -= MIN_BOND + CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireNoChallenge(claimed, EVIDENCE);
        requireNoChallenge(claimed, CONDUCT);
        assertEq(recordOf(claimed).challenged, 0, "challenged steps");
    }

    function sellerHasBoth(Claimed memory claimed, Books memory books) private {
        books.seller += MIN_BOND + REST_OF_BOND;
        books.arbiter += ARBITER_FEE;
        ended(claimed, books);
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), PRICE, "earnings");
    }

    function isDivided(Claimed memory claimed, Books memory books) private {
        books.seller += MIN_BOND;
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND;
        ended(claimed, books);
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), SHARE, "earnings");
        assertEq(creditOf(buyer), REST_OF_BOND + PRICE - SHARE, "credit of the buyer");
    }

    /// @dev The stake pays so much to the challenger and so much to the buyer.
    function rejectedByArbiter(Claimed memory claimed, uint256 toChallenger, uint256 toBuyer) private {
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, ISettlement.Ruling.Rejected, 0);
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND + toBuyer;
        books.challenger += MIN_BOND + toChallenger;
        books.stake -= toChallenger + toBuyer;
        ended(claimed, books);
        requireVoid(claimed);
    }
}
