-- Cards on file, PSPs that tell later, and disputes.

-- The card network's id of the payment: later payments that the merchant begins with the card name it. The form is what
-- the API takes back.
alter table charges add column network_transaction_id text check (network_transaction_id ~ '^[A-Za-z0-9_-]{9,36}$');

-- By when the PSP, which has accepted the request, tells its outcome at the latest. No operator is alerted before.
alter table attempts add column expected_by timestamptz;

-- A shopper disputes a payment with their bank. It changes nothing of its charge.
create table disputes (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  charge_id text collate "C" not null,
  psp_account_id text collate "C" not null,
  -- The PSP's id of the dispute.
  psp_dispute_id text not null check (length(psp_dispute_id) between 1 and 255),
  status text not null check (status in ('inquiry', 'opened', 'won', 'lost')),
  amount bigint not null check (amount >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  reason text check (length(reason) <= 255),
  evidence_due_by timestamptz,
  sequence integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (merchant_id, id),
  foreign key (merchant_id, charge_id) references charges (merchant_id, id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id)
);
-- One dispute at the PSP is one here, whichever of its news comes first.
create unique index disputes_by_psp_dispute on disputes (psp_account_id, psp_dispute_id);
create index disputes_by_charge on disputes (merchant_id, charge_id);

grant select, insert, update on disputes to fincore_app;
