//! The message table: every field of every type, once.
//!
//! Views, encoders, dispatch and text are all expansions of this one table, so they cannot disagree. A row reads
//! `View name, method name, type byte, length, the spec's name, { field: form @ offset }`; the eleven bytes that all
//! types share (type, locate, tracking number, time) are left out. Field names are the spec's own in snake case.
//!
//! Source: Nasdaq TotalView-ITCH 5.0 of 2015-03-06, chapter 4, and for `J`, `h` and `O` its later revisions.

/// Calls the macro `$with` with the whole table.
macro_rules! message_table {
    ($with:ident) => {
        $with! {
            SystemEvent system_event b'S' 12 "System Event" {
                event_code: byte @ 11,
            }
            StockDirectory stock_directory b'R' 39 "Stock Directory" {
                stock: alpha8 @ 11,
                market_category: byte @ 19,
                financial_status_indicator: byte @ 20,
                round_lot_size: number32 @ 21,
                round_lots_only: byte @ 25,
                issue_classification: byte @ 26,
                issue_sub_type: alpha2 @ 27,
                authenticity: byte @ 29,
                short_sale_threshold_indicator: byte @ 30,
                ipo_flag: byte @ 31,
                luld_reference_price_tier: byte @ 32,
                etp_flag: byte @ 33,
                etp_leverage_factor: number32 @ 34,
                inverse_indicator: byte @ 38,
            }
            StockTradingAction stock_trading_action b'H' 25 "Stock Trading Action" {
                stock: alpha8 @ 11,
                trading_state: byte @ 19,
                reserved: byte @ 20,
                reason: alpha4 @ 21,
            }
            RegShoRestriction reg_sho_restriction b'Y' 20 "Reg SHO Restriction" {
                stock: alpha8 @ 11,
                reg_sho_action: byte @ 19,
            }
            MarketParticipantPosition market_participant_position b'L' 26 "Market Participant Position" {
                mpid: alpha4 @ 11,
                stock: alpha8 @ 15,
                primary_market_maker: byte @ 23,
                market_maker_mode: byte @ 24,
                market_participant_state: byte @ 25,
            }
            MwcbDeclineLevel mwcb_decline_level b'V' 35 "MWCB Decline Level" {
                level_1: price8 @ 11,
                level_2: price8 @ 19,
                level_3: price8 @ 27,
            }
            MwcbStatus mwcb_status b'W' 12 "MWCB Status" {
                breached_level: byte @ 11,
            }
            IpoQuotingPeriod ipo_quoting_period b'K' 28 "IPO Quoting Period Update" {
                stock: alpha8 @ 11,
                ipo_quotation_release_time: number32 @ 19,
                ipo_quotation_release_qualifier: byte @ 23,
                ipo_price: price4 @ 24,
            }
            LuldAuctionCollar luld_auction_collar b'J' 35 "LULD Auction Collar" {
                stock: alpha8 @ 11,
                auction_collar_reference_price: price4 @ 19,
                upper_auction_collar_price: price4 @ 23,
                lower_auction_collar_price: price4 @ 27,
                auction_collar_extension: number32 @ 31,
            }
            OperationalHalt operational_halt b'h' 21 "Operational Halt" {
                stock: alpha8 @ 11,
                market_code: byte @ 19,
                operational_halt_action: byte @ 20,
            }
            AddOrder add_order b'A' 36 "Add Order" {
                order_reference_number: number64 @ 11,
                buy_sell_indicator: byte @ 19,
                shares: number32 @ 20,
                stock: alpha8 @ 24,
                price: price4 @ 32,
            }
            AddOrderMpid add_order_mpid b'F' 40 "Add Order with MPID" {
                order_reference_number: number64 @ 11,
                buy_sell_indicator: byte @ 19,
                shares: number32 @ 20,
                stock: alpha8 @ 24,
                price: price4 @ 32,
                attribution: alpha4 @ 36,
            }
            OrderExecuted order_executed b'E' 31 "Order Executed" {
                order_reference_number: number64 @ 11,
                executed_shares: number32 @ 19,
                match_number: number64 @ 23,
            }
            OrderExecutedWithPrice order_executed_with_price b'C' 36 "Order Executed with Price" {
                order_reference_number: number64 @ 11,
                executed_shares: number32 @ 19,
                match_number: number64 @ 23,
                printable: byte @ 31,
                execution_price: price4 @ 32,
            }
            OrderCancel order_cancel b'X' 23 "Order Cancel" {
                order_reference_number: number64 @ 11,
                canceled_shares: number32 @ 19,
            }
            OrderDelete order_delete b'D' 19 "Order Delete" {
                order_reference_number: number64 @ 11,
            }
            OrderReplace order_replace b'U' 35 "Order Replace" {
                original_order_reference_number: number64 @ 11,
                new_order_reference_number: number64 @ 19,
                shares: number32 @ 27,
                price: price4 @ 31,
            }
            NonCrossTrade non_cross_trade b'P' 44 "Trade (Non-Cross)" {
                order_reference_number: number64 @ 11,
                buy_sell_indicator: byte @ 19,
                shares: number32 @ 20,
                stock: alpha8 @ 24,
                price: price4 @ 32,
                match_number: number64 @ 36,
            }
            CrossTrade cross_trade b'Q' 40 "Cross Trade" {
                shares: number64 @ 11,
                stock: alpha8 @ 19,
                cross_price: price4 @ 27,
                match_number: number64 @ 31,
                cross_type: byte @ 39,
            }
            BrokenTrade broken_trade b'B' 19 "Broken Trade" {
                match_number: number64 @ 11,
            }
            NetOrderImbalance net_order_imbalance b'I' 50 "Net Order Imbalance Indicator" {
                paired_shares: number64 @ 11,
                imbalance_shares: number64 @ 19,
                imbalance_direction: byte @ 27,
                stock: alpha8 @ 28,
                far_price: price4 @ 36,
                near_price: price4 @ 40,
                current_reference_price: price4 @ 44,
                cross_type: byte @ 48,
                price_variation_indicator: byte @ 49,
            }
            RetailPriceImprovement retail_price_improvement b'N' 20 "Retail Price Improvement Indicator" {
                stock: alpha8 @ 11,
                interest_flag: byte @ 19,
            }
            DirectListingPriceDiscovery direct_listing_price_discovery b'O' 48
                "Direct Listing with Capital Raise Price Discovery" {
                stock: alpha8 @ 11,
                open_eligibility_status: byte @ 19,
                minimum_allowable_price: price4 @ 20,
                maximum_allowable_price: price4 @ 24,
                near_execution_price: price4 @ 28,
                near_execution_time: number64 @ 32,
                lower_price_range_collar: price4 @ 40,
                upper_price_range_collar: price4 @ 44,
            }
        }
    };
}

/// The Rust type of a field of this form.
macro_rules! form_type {
    (byte) => { u8 };
    (number32) => { u32 };
    (number64) => { u64 };
    (price4) => { u32 };
    (price8) => { u64 };
    (alpha2) => { $crate::itch::Alpha<2> };
    (alpha4) => { $crate::itch::Alpha<4> };
    (alpha8) => { $crate::itch::Alpha<8> };
}

/// Reads a field of this form from a fixed array.
macro_rules! form_read {
    (byte, $bytes:expr, $at:literal) => {
        $bytes[$at]
    };
    (number32, $bytes:expr, $at:literal) => {
        $crate::bytes::be32($bytes, $at)
    };
    (number64, $bytes:expr, $at:literal) => {
        $crate::bytes::be64($bytes, $at)
    };
    (price4, $bytes:expr, $at:literal) => {
        $crate::bytes::be32($bytes, $at)
    };
    (price8, $bytes:expr, $at:literal) => {
        $crate::bytes::be64($bytes, $at)
    };
    ($alpha:ident, $bytes:expr, $at:literal) => {
        $crate::itch::Alpha($crate::bytes::array($bytes, $at))
    };
}

/// Writes a field of this form into a fixed array.
macro_rules! form_write {
    (byte, $value:expr, $to:expr, $at:literal) => {
        $to[$at] = $value
    };
    (number32, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 4].copy_from_slice(&$value.to_be_bytes())
    };
    (number64, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 8].copy_from_slice(&$value.to_be_bytes())
    };
    (price4, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 4].copy_from_slice(&$value.to_be_bytes())
    };
    (price8, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 8].copy_from_slice(&$value.to_be_bytes())
    };
    (alpha2, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 2].copy_from_slice(&$value.0)
    };
    (alpha4, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 4].copy_from_slice(&$value.0)
    };
    (alpha8, $value:expr, $to:expr, $at:literal) => {
        $to[$at..$at + 8].copy_from_slice(&$value.0)
    };
}

pub(crate) use message_table;
pub(super) use {form_read, form_type, form_write};

#[cfg(test)]
mod tests {
    macro_rules! width {
        (byte) => {
            1
        };
        (alpha2) => {
            2
        };
        (number64) => {
            8
        };
        (price8) => {
            8
        };
        (alpha8) => {
            8
        };
        ($four:ident) => {
            4
        };
    }

    macro_rules! places {
        ($($View:ident $method:ident $kind:literal $length:literal $name:literal {
            $($field:ident: $form:ident @ $at:literal,)*
        })*) => {
            [$(($name, $length, vec![$(($at, width!($form)),)*]),)*]
        };
    }

    #[test]
    fn the_fields_of_every_type_lie_side_by_side_from_the_header_to_the_end() {
        for (name, length, fields) in message_table!(places) {
            let end = fields.iter().fold(11, |end, &(at, width): &(usize, usize)| {
                assert_eq!(at, end, "{name}");
                at + width
            });
            assert_eq!(end, length, "{name}");
        }
    }
}
