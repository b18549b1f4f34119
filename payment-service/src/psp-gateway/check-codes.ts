/** What a check of an account found: good, to be looked at, wrong, or nothing that the PSP could be asked. */
export type CheckResult = 'ok' | 'warning' | 'error' | 'unchecked'

export type CheckTopic =
  | 'settings'
  | 'credentials'
  | 'account'
  | 'mode'
  | 'webhook'
  | 'raw cards'
  | '3-D Secure'
  | 'hosted page'

export type CheckRow = {
  about: CheckTopic
  result: CheckResult
  meaning: string
  /** What the operator does about it; null where there is nothing to do. */
  todo: string | null
}

/**
 * Everything that `fincore psp check` can find. An adapter names the code; result, meaning and advice are the same for
 * every PSP. `docs/psp-check.md` is made from this table.
 */
export const checkCodes = {
  settings_fit: {
    about: 'settings',
    result: 'ok',
    meaning: 'Every setting has the form that the PSP gives it.',
    todo: null,
  },
  setting_wrong: {
    about: 'settings',
    result: 'error',
    meaning: 'A setting cannot be right, and the PSP was asked nothing.',
    todo: 'Set it right with `…/psp_accounts/{id}/credentials`.',
  },
  setting_doubtful: {
    about: 'settings',
    result: 'warning',
    meaning: 'A setting is unused, or is not what it should be.',
    todo: 'Read the detail.',
  },
  account_disabled: {
    about: 'settings',
    result: 'warning',
    meaning: 'The account is out of use in FinCore, and takes no new payments.',
    todo: '`…/psp_accounts/{id}/enable` takes it into use.',
  },
  psp_not_reached: {
    about: 'credentials',
    result: 'error',
    meaning: 'The PSP gave no answer, or one of a fault of its own.',
    todo: 'Look at the PSP’s status page, and whether this machine may connect to the PSP’s API; then check again.',
  },
  reply_not_understood: {
    about: 'credentials',
    result: 'unchecked',
    meaning: 'The PSP answered something that FinCore cannot read, and nothing is concluded from it.',
    todo: 'Check again; look for a proxy between FinCore and the PSP.',
  },
  credentials_accepted: {
    about: 'credentials',
    result: 'ok',
    meaning: 'The PSP accepts the credentials.',
    todo: null,
  },
  credentials_refused: {
    about: 'credentials',
    result: 'error',
    meaning: 'The PSP does not accept the credentials.',
    todo: 'Look whether the key was revoked or rolled at the PSP; give FinCore the new one with `…/psp_accounts/{id}/credentials`.',
  },
  permission_missing: {
    about: 'credentials',
    result: 'error',
    meaning: 'The PSP knows the key, and it may not do what FinCore needs.',
    todo: 'Give the key the permissions of the PSP’s page under docs/psps.',
  },
  permission_not_given: {
    about: 'credentials',
    result: 'unchecked',
    meaning: 'The key may not read this part of the set-up. Payments do not need it.',
    todo: 'Look in the PSP’s dashboard, or let the key read it and check again.',
  },
  client_key_fits: {
    about: 'credentials',
    result: 'ok',
    meaning: 'The public key belongs to the same account as the secret one.',
    todo: null,
  },
  client_key_differs: {
    about: 'credentials',
    result: 'error',
    meaning: 'The public key belongs to another account: tokens of the card fields could not be charged.',
    todo: 'Give FinCore the public key of the same account with `…/psp_accounts/{id}/credentials`.',
  },
  account_takes_payments: {
    about: 'account',
    result: 'ok',
    meaning: 'The PSP lets the account take payments.',
    todo: null,
  },
  account_takes_no_payments: {
    about: 'account',
    result: 'error',
    meaning: 'The PSP lets the account take no payments.',
    todo: 'Finish the PSP’s own onboarding of the account, in its dashboard.',
  },
  account_pays_nothing_out: {
    about: 'account',
    result: 'warning',
    meaning: 'The account takes payments, and the PSP pays nothing out to the merchant yet.',
    todo: 'Finish the PSP’s own onboarding of the account, in its dashboard.',
  },
  mode_fits: {
    about: 'mode',
    result: 'ok',
    meaning: 'Test account and sandbox, or live account and production.',
    todo: null,
  },
  mode_differs: {
    about: 'mode',
    result: 'error',
    meaning: 'A live account in the sandbox, or a test account in production.',
    todo: 'Disable this account, and make one with keys of the right mode.',
  },
  webhook_endpoint_found: {
    about: 'webhook',
    result: 'ok',
    meaning: 'The PSP sends this account’s events to FinCore.',
    todo: null,
  },
  webhook_endpoint_missing: {
    about: 'webhook',
    result: 'error',
    meaning: 'The PSP sends nothing to this account’s address at FinCore.',
    todo: 'Make a webhook endpoint at the PSP with the account’s `webhook_url`.',
  },
  webhook_endpoint_disabled: {
    about: 'webhook',
    result: 'error',
    meaning: 'The PSP has the endpoint, and it is turned off there.',
    todo: 'Turn it on in the PSP’s dashboard.',
  },
  webhook_events_missing: {
    about: 'webhook',
    result: 'error',
    meaning: 'The PSP does not send all the kinds of events that FinCore needs.',
    todo: 'Choose the kinds of the detail in the PSP’s dashboard too.',
  },
  webhook_version_differs: {
    about: 'webhook',
    result: 'error',
    meaning: 'The endpoint sends events in another version of the PSP’s API than FinCore reads.',
    todo: 'Make the endpoint anew with the version of the PSP’s page under docs/psps.',
  },
  webhook_endpoint_not_askable: {
    about: 'webhook',
    result: 'unchecked',
    meaning: 'The PSP does not tell, with these credentials, where it sends webhooks.',
    todo: 'Look in the PSP’s dashboard that the account’s `webhook_url` stands there.',
  },
  webhook_secret_proven: {
    about: 'webhook',
    result: 'ok',
    meaning: 'A webhook of this account has come, signed with a secret that the account had then.',
    todo: null,
  },
  webhook_secret_unproven: {
    about: 'webhook',
    result: 'unchecked',
    meaning: 'No webhook with a right signature has come yet, so nothing shows that the secret is right.',
    todo: 'Make a small payment, or send a test event from the PSP’s dashboard, and check again.',
  },
  webhook_address_is_private: {
    about: 'webhook',
    result: 'warning',
    meaning: 'PUBLIC_URL is an address of this machine, which no PSP on the internet reaches.',
    todo: 'Set PUBLIC_URL to the address under which the internet reaches the API.',
  },
  raw_cards_enabled: {
    about: 'raw cards',
    result: 'ok',
    meaning: 'The account takes raw cards.',
    todo: null,
  },
  raw_cards_confirmed: {
    about: 'raw cards',
    result: 'ok',
    meaning: 'An operator has confirmed that the PSP enabled raw cards for this account.',
    todo: null,
  },
  raw_cards_unconfirmed: {
    about: 'raw cards',
    result: 'warning',
    meaning: 'Nobody has confirmed that the PSP enabled raw cards for this account, so FinCore sends it none.',
    todo: 'If the merchant charges server to server: have the PSP enable it, and confirm that on the account.',
  },
  raw_cards_not_askable: {
    about: 'raw cards',
    result: 'unchecked',
    meaning: 'The PSP does not tell whether it takes raw cards for this account.',
    todo: 'Try one charge in the test environment.',
  },
  raw_cards_not_offered: {
    about: 'raw cards',
    result: 'ok',
    meaning: 'FinCore sends this PSP no raw cards.',
    todo: null,
  },
  three_d_secure_ready: {
    about: '3-D Secure',
    result: 'ok',
    meaning: 'The account can send shoppers to their bank.',
    todo: null,
  },
  three_d_secure_off: {
    about: '3-D Secure',
    result: 'warning',
    meaning: 'The account does not send shoppers to their bank; banks in Europe decline many payments then.',
    todo: 'Have it turned on in the PSP’s dashboard.',
  },
  three_d_secure_not_askable: {
    about: '3-D Secure',
    result: 'unchecked',
    meaning: 'The PSP does not tell, with these credentials, how 3-D Secure is set up.',
    todo: 'Look in the PSP’s dashboard, and try a test card that asks for it.',
  },
  hosted_page_ready: {
    about: 'hosted page',
    result: 'ok',
    meaning: 'The account can open the PSP’s payment page.',
    todo: null,
  },
  hosted_page_incomplete: {
    about: 'hosted page',
    result: 'warning',
    meaning: 'The PSP’s payment page lacks something.',
    todo: 'Complete it in the PSP’s dashboard.',
  },
  hosted_page_not_askable: {
    about: 'hosted page',
    result: 'unchecked',
    meaning: 'The PSP does not tell, with these credentials, how its payment page is set up.',
    todo: 'Open one payment session in the test environment.',
  },
} as const satisfies Record<string, CheckRow>

export type CheckCode = keyof typeof checkCodes
