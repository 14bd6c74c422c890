// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Permit2Payment, TokenPermit} from "../../../contracts/types/Payment.sol";
import {SandboxToken} from "../../../contracts/sandbox/SandboxToken.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

/// @notice What tests of the escrow have in common: calls as values, and the books of everybody.
abstract contract Ledger is World {
    /// @dev A call of the escrow, ready to be made.
    struct Call {
        address caller;
        uint256 value;
        bytes data;
    }

    /// @dev Somebody's money: at hand and in the escrow, native and in tokens.
    struct Purse {
        uint256 native;
        uint256 tokens;
        uint256 nativeCredit;
        uint256 tokenCredit;
    }

    /// @dev All money that a call on one entitlement could move. `vault` is the escrow's own purse.
    struct Books {
        Purse vault;
        Purse settlement;
        Purse payer;
        Purse buyer;
        Purse seller;
        Purse arbiter;
        Purse stranger;
        uint256 deposit;
        uint256 earnings;
        uint256 stake;
        uint256 bonds;
    }

    address internal payer = person("payer");

    // ------------------------------------------------------------------ calls

    function send(Call memory call_) internal returns (bool accepted, bytes memory answer) {
        VM.prank(call_.caller);
        (accepted, answer) = address(escrow).call{value: call_.value}(call_.data);
    }

    function accepts(Call memory call_) internal returns (bytes memory) {
        (bool accepted, bytes memory answer) = send(call_);
        if (!accepted) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    /// @dev The call is refused with exactly this answer.
    function refuses(Call memory call_, bytes memory expected) internal {
        (bool accepted, bytes memory answer) = send(call_);
        assertFalse(accepted, "the call is refused");
        assertEq(answer, expected, "the refusal");
    }

    function refuses(Call memory call_, bytes4 selector) internal {
        refuses(call_, abi.encodePacked(selector));
    }

    function refusesWithoutReason(Call memory call_) internal {
        refuses(call_, bytes(""));
    }

    /// @dev The call is accepted, tells nobody and moves no money.
    function movesNothing(Call memory call_, Entitled memory entitled) internal {
        Books memory books = booksOf(entitled);
        VM.recordLogs();
        accepts(call_);
        assertEq(VM.getRecordedLogs().length, 0, "events");
        requireBooks(entitled, books);
    }

    function withValue(Call memory call_, uint256 value) internal pure returns (Call memory) {
        call_.value = value;
        return call_;
    }

    function withCaller(Call memory call_, address caller) internal pure returns (Call memory) {
        call_.caller = caller;
        return call_;
    }

    /// @dev Only `authorised` may make the call.
    function refusesCaller(Call memory call_, address caller, address authorised) internal {
        VM.assume(caller != authorised && caller != address(VM));
        VM.deal(caller, call_.value);
        refuses(withCaller(call_, caller), abi.encodeWithSelector(IEscrow.NotAuthorisedContract.selector, caller));
    }

    // ------------------------------------------------------------------ books

    function booksOf(Entitled memory entitled) internal view returns (Books memory books) {
        address currency = entitled.terms.token == address(0) ? address(token) : entitled.terms.token;
        books.vault = purseOf(address(escrow), currency);
        books.settlement = purseOf(address(settlement), currency);
        books.payer = purseOf(payer, currency);
        books.buyer = purseOf(buyer, currency);
        books.seller = purseOf(seller, currency);
        books.arbiter = purseOf(arbiter, currency);
        books.stranger = purseOf(stranger, currency);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        books.deposit = uint256(stored.price) * (stored.bought - stored.settled);
        books.earnings = escrow.earningsOf(entitled.offerId);
        books.stake = escrow.stakeOf(entitled.offerId).amount;
        books.bonds = escrow.bondsHeld();
    }

    function purseOf(address account, address currency) internal view returns (Purse memory) {
        return
            Purse({
                native: account.balance,
                tokens: SandboxToken(currency).balanceOf(account),
                nativeCredit: escrow.creditOf(address(0), account),
                tokenCredit: escrow.creditOf(currency, account)
            });
    }

    /// @dev The books are exactly these: what a call was not expected to move, it has not moved.
    function requireBooks(Entitled memory entitled, Books memory expected) internal view {
        Books memory actual = booksOf(entitled);
        requirePurse(actual.vault, expected.vault, "escrow");
        requirePurse(actual.settlement, expected.settlement, "settlement");
        requirePurse(actual.payer, expected.payer, "payer");
        requirePurse(actual.buyer, expected.buyer, "buyer");
        requirePurse(actual.seller, expected.seller, "seller");
        requirePurse(actual.arbiter, expected.arbiter, "arbiter");
        requirePurse(actual.stranger, expected.stranger, "stranger");
        assertEq(actual.deposit, expected.deposit, "deposit");
        assertEq(actual.earnings, expected.earnings, "earnings");
        assertEq(actual.stake, expected.stake, "stake");
        assertEq(actual.bonds, expected.bonds, "bonds");
    }

    function requirePurse(Purse memory actual, Purse memory expected, string memory whose) internal pure {
        assertEq(actual.native, expected.native, string.concat(whose, ": native"));
        assertEq(actual.tokens, expected.tokens, string.concat(whose, ": tokens"));
        assertEq(actual.nativeCredit, expected.nativeCredit, string.concat(whose, ": native credit"));
        assertEq(actual.tokenCredit, expected.tokenCredit, string.concat(whose, ": credit in tokens"));
    }

    /// @dev Of all that an entitlement stores, only what the test states has changed.
    function requireEntitlement(Entitled memory entitled, IEscrow.Entitlement memory expected) internal view {
        assertEq(abi.encode(escrow.entitlementOf(entitled.id)), abi.encode(expected), "entitlement");
    }

    function requireRun(Opened memory opened, IEscrow.Run memory expected) internal view {
        assertEq(abi.encode(escrow.runOf(opened.runKey)), abi.encode(expected), "run");
    }

    // ------------------------------------------------------------------ offers in tokens

    function tokenTerms() internal returns (OfferTerms memory) {
        return termsIn(address(token));
    }

    /// @dev Default terms, paid in this token (0: native).
    function termsIn(address currency) internal returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.token = currency;
    }

    function hostileToken() internal returns (HostileToken) {
        return HostileToken(create("HostileToken", ""));
    }

    function published(OfferTerms memory terms) internal returns (OfferTerms memory) {
        publish(terms);
        return terms;
    }

    /// @dev Money of any kind for somebody, which `spender` may pull where it is a token.
    function fundIn(address currency, address account, address spender, uint256 amount) internal {
        if (currency == address(0)) return;
        SandboxToken(currency).mint(account, amount);
        VM.prank(account);
        SandboxToken(currency).approve(spender, amount);
    }

    /// @dev The payer pays for steps of a published offer in any money; `owner` gets the entitlement.
    function bought(OfferTerms memory terms, address owner, uint24 steps) internal returns (Entitled memory entitled) {
        entitled = entitledOf(terms, owner, fresh("entitlement"));
        uint256 amount = uint256(terms.price) * steps;
        fundIn(terms.token, payer, address(escrow), amount);
        VM.prank(payer);
        escrow.purchase{value: terms.token == address(0) ? amount : 0}(terms, owner, entitled.salt, steps);
    }

    function retire(Entitled memory entitled) internal {
        VM.prank(entitled.terms.seller);
        registry.retire(entitled.offerId);
    }

    /// @dev Unopened steps become their buyer's credit.
    function refund(Entitled memory entitled, uint24 steps) internal {
        VM.prank(entitled.buyer);
        escrow.refund(entitled.terms, entitled.buyer, entitled.salt, steps);
    }

    /// @dev Puts an entitlement's counters where no test could bring them by calls.
    function setCounters(Entitled memory entitled, uint16 generation, uint16 epoch) internal {
        // The second slot of the escrow maps ids to records of one slot.
        bytes32 slot = keccak256(abi.encode(entitled.id, uint256(1)));
        uint256 others = uint256(VM.load(address(escrow), slot)) & ~(uint256(type(uint32).max) << 160);
        uint256 counters = uint256(generation) | (uint256(epoch) << 16);
        VM.store(address(escrow), slot, bytes32(others | (counters << 160)));
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        assertEq(stored.generation, generation, "generation set");
        assertEq(stored.epoch, epoch, "epoch set");
    }

    // ------------------------------------------------------------------ the lock

    /// @dev One call of every function that the lock guards.
    function lockedCalls(Entitled memory entitled) internal pure returns (bytes[] memory calls) {
        (OfferTerms memory terms, address owner, bytes32 salt) = (entitled.terms, entitled.buyer, entitled.salt);
        TokenPermit memory permit;
        Permit2Payment memory payment;
        calls = new bytes[](8);
        calls[0] = abi.encodeCall(IEscrow.purchase, (terms, owner, salt, 1));
        calls[1] = abi.encodeCall(IEscrow.purchaseWithPermit, (terms, owner, salt, 1, permit));
        calls[2] = abi.encodeCall(IEscrow.purchaseWithPermit2, (terms, owner, salt, 1, payment));
        calls[3] = abi.encodeCall(IEscrow.topUp, (terms, owner, salt, 1));
        calls[4] = abi.encodeCall(IEscrow.topUpWithPermit, (terms, owner, salt, 1, permit));
        calls[5] = abi.encodeCall(IEscrow.topUpWithPermit2, (terms, owner, salt, 1, payment));
        calls[6] = abi.encodeCall(IEscrow.withdraw, (terms.token, owner));
        calls[7] = abi.encodeCall(IEscrow.withdrawEarnings, (terms, owner));
    }

    function locked() internal pure returns (bytes memory) {
        return abi.encodePacked(IEscrow.Locked.selector);
    }
}
