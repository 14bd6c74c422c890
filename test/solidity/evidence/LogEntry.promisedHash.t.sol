// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SigstoreDouble} from "../../../contracts/test/SigstoreDouble.sol";
import {Deployment} from "../base/Deployment.sol";
import {PlainLogEntry} from "./PlainLogEntry.sol";

contract LogEntryPromisedHashTest is Deployment {
    SigstoreDouble private _double;

    function setUp() public override {
        _double = SigstoreDouble(create("SigstoreDouble", ""));
    }

    function test_WhenTheEntryIsAny_BeTheHashOfThePlainText(PlainLogEntry.Entry memory entry) external view {
        assertEq(promisedHash(entry), PlainLogEntry.promisedHash(entry), "hash");
    }

    function test_WhenMemoryIsDirty_BeTheSameHash(PlainLogEntry.Entry memory entry, uint16 dirt) external view {
        bytes32 hash = _double.promisedHashInDirt(
            entry.certificate,
            entry.signature,
            [entry.envelopeHash, entry.payloadHash],
            entry.log,
            [entry.integratedTime, entry.logIndex],
            dirt % 4096
        );
        assertEq(hash, PlainLogEntry.promisedHash(entry), "hash");
    }

    function test_WhenOneOfItsPartsDiffers_BeAnotherHash(PlainLogEntry.Entry memory entry, uint8 bit) external view {
        bytes32 honest = promisedHash(entry);
        bytes32 flip = bytes32(uint256(1) << bit);
        entry.envelopeHash ^= flip;
        requireOther(entry, honest, "envelope");
        entry.envelopeHash ^= flip;
        entry.payloadHash ^= flip;
        requireOther(entry, honest, "payload");
        entry.payloadHash ^= flip;
        entry.log.x ^= flip;
        requireOther(entry, honest, "x");
        entry.log.x ^= flip;
        entry.log.y ^= flip;
        requireOther(entry, honest, "y");
        entry.log.y ^= flip;
        entry.integratedTime ^= uint64(1) << (bit % 64);
        requireOther(entry, honest, "time");
        entry.integratedTime ^= uint64(1) << (bit % 64);
        entry.logIndex ^= uint64(1) << (bit % 64);
        requireOther(entry, honest, "index");
        entry.logIndex ^= uint64(1) << (bit % 64);
        entry.certificate = bytes.concat(entry.certificate, hex"00");
        requireOther(entry, honest, "certificate");
        (entry.certificate, entry.signature) = (entry.signature, entry.certificate);
        requireOther(entry, honest, "signature");
    }

    // ------------------------------------------------------------------ parts

    function requireOther(PlainLogEntry.Entry memory entry, bytes32 honest, string memory what) private view {
        assertTrue(promisedHash(entry) != honest, what);
    }

    function promisedHash(PlainLogEntry.Entry memory entry) private view returns (bytes32) {
        return
            _double.promisedHash(
                entry.certificate,
                entry.signature,
                entry.envelopeHash,
                entry.payloadHash,
                entry.log,
                entry.integratedTime,
                entry.logIndex
            );
    }
}
