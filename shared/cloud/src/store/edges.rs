//! Relations at a target, each with the records that say it: a relation goes when nothing says it any more.

use super::{
    OrgTable, StoreError,
    item::{get_set, text, text_set},
    keys::Key,
};
use lintel_domain::{ids::FlowId, records::RecordKey};

impl OrgTable {
    /// Notes that a record says a relation; `edge` names the relation within the flow.
    pub async fn say_edge(&self, flow: &FlowId, edge: &str, record: &RecordKey) -> Result<(), StoreError> {
        self.change_edge("note a relation", "ADD", flow, edge, record).await.map(drop)
    }

    /// Notes that a record does not say a relation any more; tells whether another one still does.
    pub async fn unsay_edge(&self, flow: &FlowId, edge: &str, record: &RecordKey) -> Result<bool, StoreError> {
        Ok(self.change_edge("forget a relation", "DELETE", flow, edge, record).await? > 0)
    }

    async fn change_edge(
        &self,
        doing: &str,
        verb: &str,
        flow: &FlowId,
        edge: &str,
        record: &RecordKey,
    ) -> Result<usize, StoreError> {
        let key = Key { pk: self.partition(&format!("EDGES#{flow}")), sk: format!("EDGE#{edge}") };
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("PK", text(key.pk))
            .key("SK", text(key.sk))
            .update_expression(format!("{verb} said_by :record"))
            .expression_attribute_values(":record", text_set([record.as_str()]))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))?;
        Ok(answer.attributes.map(|item| get_set(&item, "said_by").len()).unwrap_or_default())
    }
}
