//! Leases of each kind.

use super::{
    Maker,
    households::{Household, Term},
};
use crate::buildium::records::{AccountDetails, Cosigner, Lease, LeaseTenant, MoveOut};
use jiff::{ToSpan as _, civil::Date};

const TYPES: [&str; 3] = ["Fixed", "FixedWithRollover", "AtWill"];
const OFFERS: [Option<&str>; 5] = [None, None, Some("NotStarted"), Some("Sent"), Some("Accepted")];

impl Maker {
    pub(super) fn lease(&mut self, property: u32, unit: u32, household: Household, tenants: &[u32]) {
        let term = household.term;
        let (from, to) = self.term(term);
        let lease_type = match term {
            Term::Active | Term::Leaving => self.pick(&TYPES).unwrap_or("Fixed"),
            Term::Owner => "AtWill",
            Term::Past(_) | Term::Future => "Fixed",
        };
        let term_type = match (term, lease_type) {
            (Term::Owner, _) => "Owner",
            (_, "AtWill") => "MonthToMonth",
            _ => "Standard",
        };
        let rent = f64::from(self.rng.u16(16..70)) * 50.0;
        let lease = Lease {
            id: 0,
            property_id: property,
            unit_id: unit,
            lease_from_date: Some(from),
            lease_to_date: (lease_type != "AtWill").then_some(to),
            lease_type: lease_type.into(),
            is_eviction_pending: term == Term::Active && self.rng.u8(0..60) == 0,
            term_type: term_type.into(),
            renewal_offer_status: self.pick(&OFFERS).flatten().map(Into::into),
            account_details: match term {
                Term::Owner => AccountDetails::default(),
                _ => AccountDetails { security_deposit: Some(rent), rent: Some(rent) },
            },
            cosigners: self.cosigners(),
            automatically_move_out_tenants: matches!(term, Term::Past(_)),
            created_date_time: self.at,
            move_out_data: self.move_outs(term, to, tenants),
            payment_due_day: 1,
            tenants: tenants.iter().map(|id| LeaseTenant { id: *id, move_in_date: Some(from) }).collect(),
        };
        let id = self.store.insert(lease, self.at);
        let worked_on = self.rng.bool().then(|| self.rng.i64(60..2_000_000));
        if let (Some(seconds), Some(row)) = (worked_on, self.store.leases.row_mut(id)) {
            row.updated = self.at.saturating_add(seconds.seconds()).unwrap_or(self.at);
        }
    }

    fn term(&mut self, term: Term) -> (Date, Date) {
        let some = self.rng.i32(0..90);
        match term {
            Term::Past(since) => (self.back(800 * (since + 1) + some), self.back(800 * since + 410 + some)),
            Term::Active | Term::Leaving | Term::Owner => (self.back(180 + some), self.ahead(100 + some)),
            Term::Future => (self.ahead(200 + some), self.ahead(565 + some)),
        }
    }

    /// Everybody has left a past lease. Of two who are leaving, one is gone and the other has given notice.
    fn move_outs(&mut self, term: Term, to: Date, tenants: &[u32]) -> Vec<MoveOut> {
        match term {
            Term::Past(_) => tenants
                .iter()
                .map(|id| MoveOut { tenant_id: *id, move_out_date: to, notice_given_date: None })
                .collect(),
            Term::Leaving => [self.back(20), self.ahead(30)]
                .into_iter()
                .zip(tenants)
                .map(|(day, id)| MoveOut { tenant_id: *id, move_out_date: day, notice_given_date: Some(self.back(45)) })
                .collect(),
            Term::Active | Term::Future | Term::Owner => Vec::new(),
        }
    }

    fn cosigners(&mut self) -> Vec<Cosigner> {
        if self.rng.u8(0..15) > 0 {
            return Vec::new();
        }
        let id = self.rng.u32(1..100_000);
        vec![Cosigner {
            id,
            first_name: Some("Cora".into()),
            last_name: Some("Signer".into()),
            email: Some(format!("cosigner.{id}@example.com").into()),
            created_date_time: self.at,
            ..Cosigner::default()
        }]
    }
}
