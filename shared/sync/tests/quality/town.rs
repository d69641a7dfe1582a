//! A small town with everything in it that a report is about. Everybody is invented.

use crate::place::Place;
use jiff::civil::{Date, date};
use lintel_sandbox::buildium::{
    AccountDetails, Address, Lease, LeaseTenant, MoveOut, Phone, Property, Tenant, Unit, Word,
};

/// Tenants by what is the matter with them.
pub(crate) struct Town {
    pub(crate) ann: u32,
    /// Ann again, found by her second address.
    pub(crate) ann_again: u32,
    pub(crate) sarah: u32,
    /// Sarah with her name and home written otherwise, and nothing else in common.
    pub(crate) sara: u32,
    /// A couple with one mailbox.
    pub(crate) carl: u32,
    pub(crate) dora: u32,
    /// Nothing is the matter with Edda.
    pub(crate) edda: u32,
    pub(crate) finn: u32,
    /// Nobody can reach Gita.
    pub(crate) gita: u32,
    /// Hugo's address is none.
    pub(crate) hugo: u32,
    pub(crate) leases: Leases,
}

pub(crate) struct Leases {
    /// Ann's, in order.
    pub(crate) first: u32,
    /// Ann's, of the same unit in the middle of the first.
    pub(crate) within: u32,
    /// Sarah's, of a unit nobody knows.
    pub(crate) nowhere: u32,
    /// Edda's, that ends before it begins, for less than nothing.
    pub(crate) reversed: u32,
    /// Nobody's.
    pub(crate) empty: u32,
    /// Finn's, who left before he came.
    pub(crate) left: u32,
}

/// A unit that was never there.
pub(crate) const NO_UNIT: u32 = 999;

impl Town {
    pub(crate) fn build(place: &Place) -> Self {
        let company = &place.company;
        let property = company.add(Property {
            name: word("Cedar Court"),
            is_active: true,
            rental_sub_type: "MultiFamily".into(),
            address: Some(address("100 Test St", None)),
            ..Property::default()
        });
        let unit = |number: &'static str| {
            company.add(Unit { property_id: property, unit_number: word(number), ..Unit::default() })
        };
        let units = [unit("1"), unit("2")];
        let ann = company.add(Tenant { email: word("ann@example.com"), ..tenant("Ann", "Reed", "(212) 555-0101") });
        let ann_again = company.add(Tenant {
            email: word("reed.family@example.com"),
            alternate_email: word("ann@example.com"),
            ..tenant("Anne", "Reed", "(212) 555-0102")
        });
        let sarah = company.add(Tenant {
            address: Some(address("200 North Mock Street", word("Apt. 3"))),
            ..tenant("Sarah", "O'Stone", "(212) 555-0103")
        });
        let sara = company.add(Tenant {
            address: Some(address("200 N Mock St #03", None)),
            ..tenant("Sara", "OStone", "(212) 555-0104")
        });
        let birch = |first: &'static str, phone: &'static str| {
            company.add(Tenant { email: word("birches@example.com"), ..tenant(first, "Birch", phone) })
        };
        let (carl, dora) = (birch("Carl", "(212) 555-0105"), birch("Dora", "(212) 555-0106"));
        let edda = company.add(Tenant {
            email: word("edda@example.com"),
            address: Some(address("300 Sample Rd", None)),
            ..tenant("Edda", "Lark", "(212) 555-0107")
        });
        let finn = company.add(Tenant { email: word("finn@example.com"), ..tenant("Finn", "Moss", "(212) 555-0108") });
        let gita = company.add(Tenant { phone_numbers: Vec::new(), ..tenant("Gita", "Holm", "") });
        let hugo = company.add(Tenant { email: word("hugo at example"), ..tenant("Hugo", "Wren", "(212) 555-0109") });
        let lease = |lease: Lease| company.add(Lease { property_id: property, lease_type: "AtWill".into(), ..lease });
        let in_unit = |unit: u32, tenants: &[u32], from: Date| Lease {
            unit_id: unit,
            lease_from_date: Some(from),
            tenants: tenants.iter().map(|id| LeaseTenant { id: *id, move_in_date: None }).collect(),
            ..Lease::default()
        };
        let leases = Leases {
            first: lease(in_unit(units[0], &[ann], date(2029, 1, 1))),
            within: lease(Lease {
                lease_to_date: Some(date(2030, 12, 31)),
                ..in_unit(units[0], &[ann], date(2030, 1, 1))
            }),
            nowhere: lease(in_unit(NO_UNIT, &[sarah], date(2029, 1, 1))),
            reversed: lease(Lease {
                lease_to_date: Some(date(2028, 12, 31)),
                account_details: AccountDetails { rent: Some(-1.0), security_deposit: Some(100.0) },
                ..in_unit(units[1], &[edda], date(2029, 1, 1))
            }),
            empty: lease(in_unit(units[1], &[], date(2029, 1, 1))),
            left: lease(Lease {
                tenants: vec![
                    LeaseTenant { id: finn, move_in_date: Some(date(2029, 6, 1)) },
                    LeaseTenant { id: hugo, move_in_date: Some(date(2029, 1, 1)) },
                ],
                move_out_data: vec![MoveOut {
                    tenant_id: finn,
                    move_out_date: date(2029, 5, 1),
                    notice_given_date: None,
                }],
                ..in_unit(units[1], &[], date(2029, 1, 1))
            }),
        };
        Self { ann, ann_again, sarah, sara, carl, dora, edda, finn, gita, hugo, leases }
    }
}

fn tenant(first: &'static str, last: &'static str, phone: &'static str) -> Tenant {
    Tenant {
        first_name: word(first),
        last_name: word(last),
        phone_numbers: vec![Phone { number: word(phone), kind: "Cell".into() }],
        ..Tenant::default()
    }
}

fn address(line1: &'static str, line2: Option<Word>) -> Address {
    Address {
        address_line1: word(line1),
        address_line2: line2,
        city: word("Sampletown"),
        state: word("AZ"),
        postal_code: word("00000"),
        country: word("UnitedStates"),
        ..Address::default()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as records have them")]
fn word(text: &'static str) -> Option<Word> {
    Some(text.into())
}
