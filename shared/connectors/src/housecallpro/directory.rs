//! Customers, their addresses, and the people who do the work.

use super::HousecallPro;
use crate::{
    error::Error,
    roles::{Address, Customer, Directory, Employee},
    transport::Deadline,
};
use async_trait::async_trait;
use lintel_domain::{ids::CustomerId, private::Private};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Person {
    id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Place {
    id: String,
    street: Option<String>,
    street_line_2: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zip: Option<String>,
}

impl Person {
    fn name(self) -> Private {
        let parts = [self.first_name, self.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Private::new(if parts.trim().is_empty() { self.company.unwrap_or_default() } else { parts })
    }
}

impl Place {
    fn line(self) -> Private {
        let parts = [self.street, self.street_line_2, self.city, self.state, self.zip];
        let said: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
        Private::new(said.join(", "))
    }
}

#[async_trait]
impl Directory for HousecallPro {
    async fn customers(&self, text: &str, deadline: Deadline) -> Result<Vec<Customer>, Error> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
        let people: Option<Vec<Person>> = self
            .pages("search for a customer", "/customers", &format!("/customers?{query}"), "customers", deadline)
            .await?;
        let people = people.unwrap_or_default().into_iter();
        Ok(people.map(|person| Customer { id: CustomerId::new(&person.id), name: person.name() }).collect())
    }

    async fn addresses(&self, customer: &CustomerId, deadline: Deadline) -> Result<Option<Vec<Address>>, Error> {
        let target = format!("/customers/{customer}/addresses");
        let doing = "read a customer's addresses";
        let places: Option<Vec<Place>> =
            self.pages(doing, "/customers/{id}/addresses", &target, "addresses", deadline).await?;
        let line = |place: Place| Address { id: place.id.as_str().into(), line: place.line() };
        Ok(places.map(|places| places.into_iter().map(line).collect()))
    }

    async fn employees(&self, deadline: Deadline) -> Result<Vec<Employee>, Error> {
        let people: Option<Vec<Person>> =
            self.pages("list the employees", "/employees", "/employees", "employees", deadline).await?;
        let people = people.unwrap_or_default().into_iter();
        Ok(people.map(|person| Employee { id: person.id.as_str().into(), name: person.name() }).collect())
    }
}
