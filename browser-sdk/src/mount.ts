import type { CardFields, FieldsOptions } from './types.ts'

/** What a merchant's page asked for, with the language that all of it is in. */
export type MountOptions = FieldsOptions & { locale: string }

/** Draws a PSP's fields, and resolves when the shopper can type. */
export type Mount = (element: HTMLElement, options: MountOptions) => Promise<CardFields>

/**
 * Reads what `client_config` says of an account's fields. Null when it is not understood, contradicts itself, or names a
 * place that this SDK does not take a script from; then the account's fields are not offered.
 */
export type ReadOffer = (account: string, fields: Record<string, unknown>, api: string) => Mount | null
