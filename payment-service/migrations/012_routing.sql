-- Which PSP account of a merchant takes a payment, and why it was that one: docs/routing.md.

alter table psp_accounts
  -- 1 is tried first.
  add column priority smallint not null default 1 check (priority between 1 and 1000),
  -- The weight among accounts of equal priority.
  add column share smallint not null default 1 check (share between 1 and 100),
  -- ISO 4217; null: all.
  add column currencies text[] check (array_to_string(currencies, ' ') ~ '^[A-Z]{3}( [A-Z]{3})*$'),
  -- As the card relay names them; null: all.
  add column card_brands text[] check (array_to_string(card_brands, ' ') ~ '^[a-z]+( [a-z]+)*$'),
  -- The PSP has agreed to take card numbers at this account: by which document of it, who says so, and since when.
  add column raw_cards_confirmed_at timestamptz,
  add column raw_cards_confirmed_by text,
  add column raw_cards_confirmation text check (length(raw_cards_confirmation) between 1 and 500),
  add constraint psp_accounts_confirmation_is_whole check (
    (raw_cards_confirmed_at is null) = (raw_cards_confirmed_by is null)
    and (raw_cards_confirmed_at is null) = (raw_cards_confirmation is null)
  );

-- Until now the oldest account took what named none.
update psp_accounts set priority = least(1000, place)
  from (select merchant_id, id, row_number() over (partition by merchant_id order by id) as place from psp_accounts) as aged
  where psp_accounts.merchant_id = aged.merchant_id and psp_accounts.id = aged.id;

-- {psp_account, reason, considered: [{psp_account, verdict}]}; null for what was made before.
alter table charges add column routing jsonb;
alter table payment_sessions add column routing jsonb;
