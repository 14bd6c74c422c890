// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {RunKey} from "../../../contracts/types/Ids.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Ledger} from "./Ledger.sol";

/// @notice What the functions have in common with which the settlement decides about a pending claim.
abstract contract Deciding is Ledger {
    /// @dev The settlement's call of the function under test.
    function deciding(IEscrow.StepRef memory ref) internal virtual returns (Call memory);

    function deciding(Claimed memory claimed) internal returns (Call memory) {
        return deciding(stepRefOf(claimed));
    }

    function bySettlement(bytes memory data) internal view returns (Call memory) {
        return Call(address(settlement), 0, data);
    }

    /// @dev Four steps, of which so many can be pending.
    function ofPending(uint8 maxPending, uint24 steps) internal returns (Entitled memory) {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = maxPending;
        return buy(published(terms), steps);
    }

    /// @dev The first so many steps, claimed.
    function claims(Entitled memory entitled, uint256 count) internal returns (Claimed[] memory all) {
        all = new Claimed[](count);
        all[0] = claim(entitled);
        for (uint256 i = 1; i < count; ++i) all[i] = claimAfter(all[i - 1]);
    }

    /// @dev A permit for a number that was voided, after one rejection.
    function retried(PermitInput memory permit) internal pure returns (PermitInput memory) {
        permit.epoch = 1;
        return permit;
    }

    function requirePendingDigest(Claimed memory claimed, bytes32 digest) internal view {
        assertEq(escrow.pendingDigestOf(claimed.opened.entitled.id, claimed.ref.step), digest, "digest");
    }

    // ------------------------------------------------------------------ who may

    function refusesOthers(address caller) internal {
        refusesCaller(deciding(claim(buy())), caller, address(settlement));
    }

    // ------------------------------------------------------------------ what is pending

    function refusesAnUnknownEntitlement() internal {
        Entitled memory entitled = entitledOf(publish(), buyer, fresh("entitlement"));
        notPending(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function refusesAStepNeverOpened() internal {
        Entitled memory entitled = buy();
        notPending(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function refusesAnOpenStep() internal {
        notPending(claimOf(open(buy())));
    }

    function refusesAStepThatTimedOut() internal {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        notPending(claimOf(opened));
    }

    function refusesAPaidStep() internal {
        notPending(paid(buy()));
    }

    function refusesAPaidStepWhoseSlotIsTaken() internal {
        Claimed memory first = paid(ofPending(1, 2));
        openAfter(first);
        notPending(first);
        first.ref.step = 2;
        notPending(first);
    }

    function refusesARejectedStep() internal {
        Claimed memory claimed = claim(buy());
        reject(claimed);
        notPending(claimed);
    }

    function refusesAVoidedStep() internal {
        Claimed[] memory all = claims(buy(), 2);
        reject(all[0]);
        notPending(all[1]);
    }

    function refusesAVoidedStepWhoseNumberIsTaken() internal {
        Claimed[] memory all = claims(buy(), 2);
        reject(all[0]);
        Entitled memory entitled = all[0].opened.entitled;
        Claimed memory first = claim(open(entitled, retried(permitOf(entitled))));
        claim(open(entitled, retried(permitAfter(first))));
        notPending(all[0]);
        notPending(all[1]);
    }

    function refusesAnotherEntitlement() internal {
        Claimed memory claimed = claim(buy());
        claimed.opened.entitled = claim(buy()).opened.entitled;
        notPending(claimed);
    }

    function refusesAnotherStep() internal {
        Claimed[] memory all = claims(buy(), 2);
        all[0].ref.step = 2;
        notPending(all[0]);
    }

    function refusesAnotherRun() internal {
        Claimed memory claimed = claim(buy());
        claimed.ref.runKey = RunKey.wrap(fresh("run"));
        notPending(claimed);
    }

    function refusesAnotherClaim() internal {
        Claimed memory claimed = claim(buy());
        claimed.ref.claimHash = fresh("claim");
        notPending(claimed);
    }

    function refusesAnotherParent() internal {
        Claimed memory claimed = claim(buy());
        claimed.ref.parentHead = fresh("parent");
        notPending(claimed);
    }

    function refusesAnotherWindow() internal {
        Claimed memory claimed = claim(buy());
        ++claimed.ref.windowEnd;
        notPending(claimed);
    }

    function notPending(Claimed memory claimed) internal virtual {
        IEscrow.StepRef memory ref = stepRefOf(claimed);
        bytes4 error_ = IEscrow.ClaimNotPending.selector;
        refuses(deciding(ref), abi.encodeWithSelector(error_, ref.entitlement, ref.step, ref.runKey));
    }
}
