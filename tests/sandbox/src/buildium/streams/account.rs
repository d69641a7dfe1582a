//! `/v1/administration/account`. The sheet names the route only; the fields are those of public clients' models.

use crate::{answer::Answer, buildium::call::json};
use serde_json::{Value, json};

pub(in crate::buildium) fn read(company: &str) -> Answer {
    let address = json!({
        "AddressLine1": "1 Sample Plaza", "AddressLine2": null, "AddressLine3": null, "City": "Sampletown",
        "State": "AZ", "PostalCode": "00000", "Country": "UnitedStates",
    });
    let contact =
        json!({ "FirstName": "Sam", "LastName": "Sample", "Address": address, "PhoneNumber": "(602) 555-0100" });
    let accounting = json!({
        "AccountingBookId": 1, "DefaultBankAccountId": 1, "DefaultAccountingBasis": "Cash", "TrustAccountWarning": null,
        "FiscalYearEndMonth": 12, "FiscalYearEndDay": 31,
    });
    let account: Value = json!({ "CompanyName": company, "Contact": contact, "AccountingSettings": accounting });
    json(200, &account)
}
