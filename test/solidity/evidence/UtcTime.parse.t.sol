// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UtcTime} from "../../../contracts/evidence/UtcTime.sol";
import {Assertions} from "../base/Assertions.sol";

contract UtcTimeParseTest is Assertions {
    /// @dev 2000-01-01, unix seconds.
    uint256 private constant START = 946_684_800;

    function test_WhenTheDayIsAnyFrom2000To2049_BeTheNumberOfDaysCountedOneByOne() external view {
        uint256 count;
        for (uint256 year; year < 50; ++year) {
            for (uint256 month = 1; month <= 12; ++month) {
                for (uint256 date = 1; date <= lastOf(month, year); ++date) {
                    assertEq(this.parse(text(year, month, date, 0, 0, 0)), START + count * 1 days, "time");
                    ++count;
                }
            }
        }
        assertEq(START + count * 1 days, 2_524_608_000, "2050-01-01");
    }

    function test_WhenTheTimeOfTheDayIsAny_BeTheSecondsSinceMidnightMore(uint32 since) external view {
        since %= 1 days;
        uint256 time = this.parse(text(0, 1, 1, since / 3600, (since / 60) % 60, since % 60));
        assertEq(time, START + since, "time");
    }

    function test_WhenTextFollows_IgnoreIt(uint152 behind) external view {
        assertEq(this.parse(text(26, 11, 20, 1, 2, 3) | behind), 1_795_136_523, "time");
    }

    function test_WhenTheYearIs2050OrLater_RevertWithNotATime(uint8 year) external view {
        requireRefused(text(50 + (year % 50), 1, 1, 0, 0, 0));
        requireRefused(text(50, 1, 1, 0, 0, 0));
    }

    function test_WhenTheMonthIs0OrBeyond12_RevertWithNotATime(uint8 month) external view {
        requireRefused(text(26, 0, 1, 0, 0, 0));
        requireRefused(text(26, 13, 1, 0, 0, 0));
        requireRefused(text(26, 13 + (month % 87), 1, 0, 0, 0));
    }

    function test_WhenTheDayIs0OrBeyondTheMonthsLast_RevertWithNotATime() external view {
        for (uint256 year; year < 50; ++year) {
            for (uint256 month = 1; month <= 12; ++month) {
                requireRefused(text(year, month, 0, 0, 0, 0));
                requireRefused(text(year, month, lastOf(month, year) + 1, 0, 0, 0));
                requireRefused(text(year, month, 99, 0, 0, 0));
            }
        }
    }

    function test_WhenTheHourIs24OrMore_RevertWithNotATime() external view {
        for (uint256 hour = 24; hour < 100; ++hour) requireRefused(text(26, 1, 1, hour, 0, 0));
    }

    function test_WhenTheMinuteIs60OrMore_RevertWithNotATime() external view {
        for (uint256 minute = 60; minute < 100; ++minute) requireRefused(text(26, 1, 1, 0, minute, 0));
    }

    function test_WhenTheSecondIs60OrMore_RevertWithNotATime() external view {
        for (uint256 second = 60; second < 100; ++second) requireRefused(text(26, 1, 1, 0, 0, second));
    }

    function test_WhenADigitIsNone_RevertWithNotATime(uint8 place, uint8 character) external view {
        uint256 shift = 248 - 8 * (place % 12);
        // Every digit of this time could be one or two more.
        uint256 time = text(11, 11, 11, 11, 11, 11) & ~(uint256(0xff) << shift);
        if (character >= 0x30 && character <= 0x39) character = place % 2 == 0 ? 0x2f : 0x3a;
        requireRefused(time | (uint256(character) << shift));
        requireRefused(time | (uint256(0x2f) << shift));
        requireRefused(time | (uint256(0x3a) << shift));
    }

    function test_WhenItDoesNotEndInZ_RevertWithNotATime(uint8 character) external view {
        if (character == 0x5a) character = 0x7a;
        requireRefused((text(26, 1, 1, 0, 0, 0) & ~(uint256(0xff) << 152)) | (uint256(character) << 152));
    }

    // ------------------------------------------------------------------ parts

    function parse(uint256 time) external pure returns (uint256) {
        return UtcTime.parse(time);
    }

    function requireRefused(uint256 time) private view {
        try this.parse(time) {
            assertTrue(false, "it was read");
        } catch (bytes memory answer) {
            bytes13 shown = bytes13(bytes32(time));
            assertEq(answer, abi.encodeWithSelector(UtcTime.NotATime.selector, shown), "answer");
        }
    }

    function lastOf(uint256 month, uint256 year) private pure returns (uint256) {
        uint8[12] memory days_ = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        return month == 2 && year % 4 == 0 ? 29 : days_[month - 1];
    }

    function text(
        uint256 year,
        uint256 month,
        uint256 day,
        uint256 hour,
        uint256 minute,
        uint256 second
    ) private pure returns (uint256) {
        bytes memory packed = bytes.concat(two(year), two(month), two(day), two(hour), two(minute), two(second), "Z");
        return uint256(uint104(bytes13(packed))) << 152;
    }

    function two(uint256 number) private pure returns (bytes2) {
        return bytes2(uint16(((0x30 + number / 10) << 8) | (0x30 + (number % 10))));
    }
}
