//! Associations, and who owns and lives there.

use super::{Maker, NULL_ADDRESS, NULL_EMAIL, people::tax_payer, places::NAMES};
use crate::buildium::records::{
    Association, AssociationOwner, AssociationTenant, AssociationUnit, OwnershipAccount, TaxInformation, Word,
};

/// Units of an association.
const UNITS: usize = 6;
/// One of so many units was sold before.
const SOLD: usize = 3;
/// In one of so many units lives somebody other than its owner.
const LET: usize = 4;

impl Maker {
    /// An association, with units and their owners.
    pub(super) fn association(&mut self, index: usize) {
        let association = Association {
            id: 0,
            name: Some(format!("{} Owners {}", NAMES[index % NAMES.len()], index + 1).into()),
            is_active: true,
            reserve: 2_500.0,
            description: (index % 2 == 1).then_some("A quiet neighbourhood.".into()),
            year_built: Some(1998),
            operating_bank_account: Some("Association operating".into()),
            operating_bank_account_id: 2,
            address: Some(self.address(index)),
            association_manager: self.manager(index),
            fiscal_year_end_day: 31,
            fiscal_year_end_month: 12,
            tax_information: TaxInformation {
                tax_payer_id_type: "EIN".into(),
                tax_payer_id: Some(tax_payer(true, index)),
                tax_payer_name1: Some("Sample Owners".into()),
                ..TaxInformation::default()
            },
        };
        let id = self.store.insert(association, self.at);
        for unit in 0..UNITS {
            self.association_unit(id, unit);
        }
    }

    fn association_unit(&mut self, association: u32, index: usize) {
        let unit = AssociationUnit {
            association_id: association,
            unit_number: Some((index + 1).to_string().into()),
            address: Some(self.address(index)),
            unit_bedrooms: self.pick(&["OneBed", "TwoBed", "NotSet"]).map(Word::from),
            unit_bathrooms: self.pick(&["OneBath", "TwoBath"]).map(Word::from),
            unit_size: (index % 5 != 1).then(|| self.rng.i32(35..220) * 10),
            ..AssociationUnit::default()
        };
        let unit = self.store.insert(unit, self.at);
        if index % SOLD == 1 {
            let (bought, sold) = (self.back(3_000), self.back(700));
            let before = OwnershipAccount { date_of_sale: Some(sold), ..self.account(association, unit, "Past") };
            self.store.insert(OwnershipAccount { date_of_purchase: bought, ..before }, self.at);
        }
        let account = self.account(association, unit, "Active");
        let account = self.store.insert(account, self.at);
        if index % LET == 2 {
            self.association_tenant(account);
        }
    }

    fn account(&mut self, association_id: u32, unit_id: u32, status: &'static str) -> OwnershipAccount {
        OwnershipAccount {
            association_id,
            unit_id,
            status: status.into(),
            date_of_purchase: self.back(700),
            association_owner_ids: vec![self.association_owner()],
            delinquency_status: "NoDelinquency".into(),
            ..OwnershipAccount::default()
        }
    }

    fn association_owner(&mut self) -> u32 {
        let (first, last) = self.name();
        let index = self.neighbours;
        self.neighbours += 1;
        let owner = AssociationOwner {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: (index % NULL_EMAIL != 5).then(|| format!("member.{index}@example.com").into()),
            phone_numbers: self.phones(),
            primary_address: (index % NULL_ADDRESS != 7).then(|| self.address(index)),
            emergency_contact: self.emergency_contact(index),
            mailing_preference: Some("PrimaryAddress".into()),
            occupies_unit: !index.is_multiple_of(3),
            created_date_time: Some(self.at),
            tax_id: Some(tax_payer(false, index)),
            delinquency_status: "NoDelinquency".into(),
            ..AssociationOwner::default()
        };
        self.store.insert(owner, self.at)
    }

    fn association_tenant(&mut self, account: u32) {
        let (first, last) = self.name();
        let index = self.neighbours;
        self.neighbours += 1;
        let tenant = AssociationTenant {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: Some(format!("neighbour.{index}@example.com").into()),
            phone_numbers: self.phones(),
            primary_address: Some(self.address(index)),
            move_in_date: Some(self.back(400)),
            move_out_date: index.is_multiple_of(2).then(|| self.ahead(60)),
            created_date_time: Some(self.at),
            ownership_account_ids: vec![account],
            ..AssociationTenant::default()
        };
        self.store.insert(tenant, self.at);
    }
}
