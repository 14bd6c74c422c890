// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {VM} from "../base/Vm.sol";
import {Paying} from "./Paying.sol";

/// @notice What the three ways to top up have in common. The entitlement has one step of at most a hundred.
abstract contract ToppingUp is Paying {
    function ordered(OfferTerms memory terms, address owner) internal override returns (Entitled memory) {
        return bought(terms, owner, 1);
    }

    function refusesAnUnknownSalt() internal {
        refusesUnknown(entitledOf(ordered().terms, buyer, fresh("entitlement")));
    }

    function refusesAnotherBuyer() internal {
        Entitled memory entitled = ordered();
        refusesUnknown(entitledOf(entitled.terms, payer, entitled.salt));
    }

    function refusesUnknown(Entitled memory entitled) private {
        refuses(payment(entitled, 1), abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, entitled.id));
    }

    function addsUntilTheEntitlementExpires() internal {
        (Call memory call_, uint40 end) = expiring();
        VM.warp(end - 1);
        accepts(call_);
    }

    function refusesFromTheExpiry(uint256 late) internal {
        (Call memory call_, uint40 end) = expiring();
        VM.warp(end + late);
        refuses(call_, abi.encodeWithSelector(IEscrow.EntitlementExpired.selector, end));
    }

    function expiring() private returns (Call memory call_, uint40 end) {
        Entitled memory entitled = ordered();
        end = escrow.entitlementOf(entitled.id).expiresAt;
        call_ = payment(entitled, 1);
    }

    function refusesNoSteps() internal {
        refusesSteps(ordered(), 0, 99);
    }

    function refusesOneStepTooMany() internal {
        refusesSteps(ordered(), 100, 99);
    }

    function addsAsManyAsTheOfferAllows() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 99));
        assertEq(escrow.entitlementOf(entitled.id).bought, 100, "bought");
    }

    function refusesToAddToAFullEntitlement() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 99));
        refusesSteps(entitled, 1, 0);
    }

    function addsInThePlaceOfRefundedSteps() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 99));
        refund(entitled, 100);
        accepts(payment(entitled, 100));
        assertEq(escrow.entitlementOf(entitled.id).bought, 100, "bought");
    }

    function countsPaidStepsAsBought() internal {
        Entitled memory entitled = ordered();
        paid(entitled);
        refusesSteps(entitled, 100, 99);
    }

    /// @dev Whatever goes on in the entitlement goes on, and it expires when it did.
    function changesNothingButTheNumberOfSteps() internal {
        Entitled memory entitled = ordered();
        accepts(payment(entitled, 4));
        Claimed memory challenged = claimAfter(paid(entitled));
        openAfter(challenged);
        challengeConduct(challenged);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        bytes32 head = escrow.headOf(entitled.id);
        pass(10);
        accepts(payment(entitled, 3));
        stored.bought = 8;
        requireEntitlement(entitled, stored);
        assertEq(escrow.headOf(entitled.id), head, "head");
    }

    function emitsToppedUp() internal {
        Entitled memory entitled = ordered();
        Call memory call_ = payment(entitled, 3);
        expectEvent(address(escrow));
        emit IEscrow.ToppedUp(entitled.id, payer, 3, 3 * PRICE);
        accepts(call_);
    }
}
