//! Whom and where a system that holds jobs knows: what an organization's configuration refers to by id.

use crate::{error::Error, transport::Deadline};
use async_trait::async_trait;
use lintel_domain::{
    ids::{AddressId, CustomerId, EmployeeId},
    private::Private,
};

#[async_trait]
pub trait Directory: std::fmt::Debug + Send + Sync {
    /// Customers that match a text: a name, an e-mail address, a street.
    async fn customers(&self, text: &str, deadline: Deadline) -> Result<Vec<Customer>, Error>;

    /// A customer's service addresses; `None` when there is no such customer.
    async fn addresses(&self, customer: &CustomerId, deadline: Deadline) -> Result<Option<Vec<Address>>, Error>;

    /// The people who can be sent. Those who left are not among them.
    async fn employees(&self, deadline: Deadline) -> Result<Vec<Employee>, Error>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    pub name: Private,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub id: AddressId,
    /// One line for people: `12 Test St, Sampletown`.
    pub line: Private,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employee {
    pub id: EmployeeId,
    pub name: Private,
}
