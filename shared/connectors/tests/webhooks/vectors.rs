//! Deliveries with the signatures their vendors would send.

/// A delivery with the signature its vendor would send.
#[derive(Debug)]
pub(crate) struct Vector {
    pub(crate) recipe: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) url: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static [u8],
    pub(crate) now: i64,
}

const PLAIN: Vector = Vector {
    recipe: "",
    secret: "secret",
    url: "https://hooks.example.com/hook",
    headers: &[],
    body: b"test",
    now: 1_700_000_000,
};

pub(crate) const TWILIO_URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

/// Those of Standard Webhooks, the first of Twilio and the first of Meta are published. The others follow the vendors'
/// recipes and were computed outside of this code: they prove that it follows the recipe, not that the vendor does.
pub(crate) const VECTORS: &[Vector] = &[
    Vector {
        recipe: "standard-webhooks",
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        headers: &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        body: br#"{"test": 2432232314}"#,
        now: 1_614_265_330,
        ..PLAIN
    },
    Vector {
        recipe: "svix",
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        headers: &[
            ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("svix-timestamp", "1614265330"),
            ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        body: br#"{"test": 2432232314}"#,
        now: 1_614_265_330,
        ..PLAIN
    },
    Vector {
        recipe: "twilio",
        secret: "12345",
        url: TWILIO_URL,
        headers: &[("x-twilio-signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
        body: b"To=%2B18005551212&CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030",
        ..PLAIN
    },
    Vector {
        recipe: "twilio",
        secret: "12345",
        url: TWILIO_URL,
        headers: &[("x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
        body: b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
        ..PLAIN
    },
    Vector {
        recipe: "twilio-json",
        secret: "12345",
        url: "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
        headers: &[("x-twilio-signature", "a9nBmqA0ju/hNViExpshrM61xv4=")],
        body: br#"{"property": "value", "boolean": true}"#,
        ..PLAIN
    },
    Vector {
        recipe: "github",
        secret: "It's a Secret to Everybody",
        headers: &[("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")],
        body: b"Hello, World!",
        ..PLAIN
    },
    Vector {
        recipe: "meta",
        headers: &[("x-hub-signature-256", "sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914")],
        ..PLAIN
    },
    Vector {
        recipe: "meta",
        secret: "app-secret-for-tests",
        headers: &[("x-hub-signature-256", "sha256=9be7af35257170d1e5aec12edc12bf94a80cb7037d643c6d20f43198a6487f40")],
        body: br#"{"object":"page","entry":[{"id":"111","time":1760000000,"changes":[{"field":"leadgen","value":{"leadgen_id":"444","page_id":"111","form_id":"222","created_time":1760000000}}]}]}"#,
        ..PLAIN
    },
    Vector {
        recipe: "shopify",
        headers: &[("x-shopify-hmac-sha256", "Aymga2LNFrM+tnkr6MYLFY2Jou46h2/Omogeu0iMCRQ=")],
        ..PLAIN
    },
    Vector {
        recipe: "hookdeck",
        headers: &[("x-hookdeck-signature", "Aymga2LNFrM+tnkr6MYLFY2Jou46h2/Omogeu0iMCRQ=")],
        ..PLAIN
    },
    Vector {
        recipe: "spark",
        headers: &[("signature", "0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914")],
        ..PLAIN
    },
    Vector {
        recipe: "stripe",
        secret: "whsec_test_secret",
        headers: &[(
            "stripe-signature",
            "t=1492774577,v1=654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
        )],
        body: br#"{"id":"evt_1","object":"event"}"#,
        now: 1_492_774_577,
        ..PLAIN
    },
    Vector {
        recipe: "hubspot",
        secret: "client-secret",
        url: "https://hooks.example.com/webhooks/hubspot",
        headers: &[
            ("x-hubspot-signature-v3", "rkrhZSzbljlYeCMDD2LSDBH/pV7tlllo4MSZg7W+hfY="),
            ("x-hubspot-request-timestamp", "1700000000000"),
        ],
        body: br#"[{"eventId":1}]"#,
        ..PLAIN
    },
    Vector {
        recipe: "hubspot",
        secret: "hs-client-secret-0001",
        // The vendor signs the query with this escape undone.
        url: "https://hub.example.com/webhooks/hubspot?tenant=a%2Fb",
        headers: &[
            ("x-hubspot-signature-v3", "0bvR7LBDnDIToIGNPwW0S7d1mIO2X7QUdjzcXzSlkJ4="),
            ("x-hubspot-request-timestamp", "1772438400123"),
        ],
        body: HUBSPOT_BODY,
        now: 1_772_438_400,
    },
    Vector {
        recipe: "hubspot-v2",
        secret: "client-secret",
        url: "https://hooks.example.com/webhooks/hubspot",
        headers: &[("x-hubspot-signature", "8678a7f896652d8084f292da3530d8c88f75dc75746c3125fe34918ee29113ce")],
        body: br#"[{"eventId":1}]"#,
        ..PLAIN
    },
    Vector {
        recipe: "hubspot-v2",
        secret: "hs-client-secret-0001",
        url: "https://hub.example.com/webhooks/hubspot?tenant=a/b",
        headers: &[("x-hubspot-signature", "d5dc9def315054681d914be149beaef84f5c33c44add2f56bccdc17dc7be1ae3")],
        body: HUBSPOT_BODY,
        ..PLAIN
    },
    Vector {
        recipe: "hubspot-v1",
        secret: "client-secret",
        headers: &[("x-hubspot-signature", "7652c8fcdd8240743caf52e25cf6d278552cc02d90223302138d070f9adcd3dd")],
        body: br#"[{"eventId":1}]"#,
        ..PLAIN
    },
    Vector {
        recipe: "hubspot-v1",
        secret: "hs-client-secret-0001",
        headers: &[("x-hubspot-signature", "eaa9d59525147a14a153ec22ed6111acc418f758c8b83ced980872005832b775")],
        body: HUBSPOT_BODY,
        ..PLAIN
    },
    Vector {
        recipe: "housecallpro",
        secret: "hcp-secret",
        headers: &[
            ("api-signature", "90652d1bd4e2bbec17b744c681d1ef270d3663590c080abdf2f2dfb72630a4fb"),
            ("api-timestamp", "1700000000"),
        ],
        body: br#"{"event":"job.created"}"#,
        ..PLAIN
    },
    Vector {
        recipe: "housecallpro",
        secret: "test-signing-secret",
        headers: &[
            ("api-signature", "c204e745e886502a0e56d2c69d8a25385761d7ea1211af6d04ae6e6aaf83131a"),
            ("api-timestamp", "1767225600"),
        ],
        body: br#"{"event":"job.scheduled","event_occurred_at":"2026-01-01T00:00:00Z","company_id":"co_1","job":{"id":"job_1"}}"#,
        now: 1_767_225_600,
        ..PLAIN
    },
    Vector {
        recipe: "buildium",
        secret: "buildium-secret",
        headers: &[
            ("buildium-webhook-signature", "KmL4pRXI8iGn2Shc/SQodm1G9tt1l9yeEokS6tPsBtQ="),
            ("buildium-webhook-timestamp", "1700000000"),
        ],
        body: br#"{"EventName":"LeaseCreated"}"#,
        ..PLAIN
    },
    Vector {
        recipe: "buildium",
        secret: "whsec_test_0123456789",
        headers: &[
            ("buildium-webhook-signature", "C3p0vtDOan0q4o9MFm619AZtdoYitDTDXk/ZmTUk1GE="),
            ("buildium-webhook-timestamp", "1671725905"),
        ],
        body: br#"{"EventName":"Rental.Created","EventDateTime":"2022-12-22T16:18:20.876772Z","AccountId":123456,"PropertyId":78910}"#,
        now: 1_671_725_905,
        ..PLAIN
    },
    Vector {
        recipe: "buildium",
        secret: "whsec_test_0123456789",
        headers: &[
            ("buildium-webhook-signature", "dY2FqfPr8WbKVrjR3zHC1+xOMLn7cdQRqpHvS8QXn2U="),
            ("buildium-webhook-timestamp", "1772438400"),
        ],
        // The same event, printed with white space on the way.
        body: b"{\n  \"EventName\": \"Lease.MoveOut.Created\",\r\n\t\"EventDateTime\": \"2026-03-02T08:00:00.1234567Z\",\n  \"AccountId\" : 123456, \"LeaseId\": 42, \"TenantId\": 7\n}\n",
        now: 1_772_438_400,
        ..PLAIN
    },
    Vector {
        recipe: "followupboss",
        secret: "test-system-key",
        headers: &[("fub-signature", "9bda8cd63cd0ea0d5a8a4984145c3ae2ad134918a149b52e976bc39e281264aa")],
        body: br#"{"eventId":"152d60c0-79da-4018-a9af-28aec8a71c94","eventCreated":"2016-12-12T15:19:21+00:00","event":"peopleCreated","resourceIds":[1234,3244,3232],"uri":"https://api.followupboss.com/v1/people?id=1234,3244,3232"}"#,
        ..PLAIN
    },
    Vector {
        recipe: "mandrill",
        secret: "mandrill-key",
        url: "https://hooks.example.com/mandrill",
        headers: &[("x-mandrill-signature", "J5BGSnPn05Cwr4KxHnF59utebVA=")],
        body: b"mandrill_events=%5B%5D",
        ..PLAIN
    },
    Vector {
        recipe: "airtable",
        secret: "YWlydGFibGUtbWFjLXNlY3JldA==",
        headers: &[(
            "x-airtable-content-mac",
            "hmac-sha256=dfc6843f5179b6fce5c4baf715abf80135746d70f71d1b9e1c865f2892788571",
        )],
        body: br#"{"base":{"id":"app00000000000001"},"webhook":{"id":"ach00000000000001"},"timestamp":"2026-01-01T00:00:00.000Z"}"#,
        ..PLAIN
    },
];

const HUBSPOT_BODY: &[u8] = br#"[{"eventId":1,"subscriptionId":2,"portalId":3,"appId":4,"occurredAt":1772438400000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":5,"propertyName":"email","propertyValue":"a@b.co","changeSource":"CRM_UI"}]"#;
