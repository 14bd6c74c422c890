// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Times as certificates write them
/// @notice `YYMMDDHHMMSSZ` of the years 2000 to 2049 (RFC 5280, section 4.1.2.5.1). Certificates with an earlier time do
/// not exist here, and those with a later one have another form, which is refused.
library UtcTime {
    /// @notice The 13 characters are not such a time.
    /// @custom:kind unverified
    error NotATime(bytes13 text);

    /// @notice Unix seconds of the first 13 bytes.
    function parse(uint256 text) internal pure returns (uint256 time) {
        unchecked {
            uint256 year = _number(text, 0);
            uint256 month = _number(text, 2);
            uint256 day = _number(text, 4);
            uint256 hour = _number(text, 6);
            uint256 minute = _number(text, 8);
            uint256 second = _number(text, 10);
            bool isTime =
                uint8(text >> 152) == 0x5a &&
                    year < 50 &&
                    month >= 1 &&
                    month <= 12 &&
                    day >= 1 &&
                    day <= _daysOf(month, year) &&
                    hour < 24 &&
                    minute < 60 &&
                    second < 60;
            if (!isTime) revert NotATime(bytes13(bytes32(text)));
            // Years are counted from March, so that the odd day is the last of one. 719,468 days lie between the first
            // of March of the year 0 and 1970; from 1900 to 2100 every fourth year has the odd day.
            year = month > 2 ? 2000 + year : 1999 + year;
            uint256 sinceMarch = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
            uint256 dayNumber = 365 * year + year / 4 - year / 100 + year / 400 + sinceMarch + day - 1 - 719_468;
            time = ((dayNumber * 24 + hour) * 60 + minute) * 60 + second;
        }
    }

    /// @dev Two digits; more than 99 where they are none.
    function _number(uint256 text, uint256 index) private pure returns (uint256) {
        unchecked {
            uint256 tens = ((text >> (248 - 8 * index)) & 0xff) - 0x30;
            uint256 ones = ((text >> (240 - 8 * index)) & 0xff) - 0x30;
            return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
        }
    }

    function _daysOf(uint256 month, uint256 year) private pure returns (uint256) {
        if (month == 2) return year % 4 == 0 ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }
}
