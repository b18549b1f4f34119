-- A key that was rolled has a successor and goes on for a while, so that the merchant can change over without an outage.

-- When a rolled key ends by itself; null for one that nobody rolled. A revocation before that ends it at once.
alter table api_keys add column ends_at timestamptz;
