import type { FieldEvent, FieldName, FieldState, FieldsOptions } from './types.ts'

/** In the order in which they stand. */
export const fieldNames: readonly FieldName[] = ['number', 'expiry', 'cvc']

export type FieldWatch = {
  /** Tells the page what is known of a field, when it is something new. An absent brand is as it was. */
  note: (field: FieldName, state: FieldState, message: string | null, brand?: string | null) => void
  noteFocus: (field: FieldName, hasFocus: boolean) => void
  /** What was told last. */
  of: (field: FieldName) => FieldEvent
}

/** Keeps what is known of the fields, whatever the words in which a PSP says it. */
export function watchFields(options: FieldsOptions): FieldWatch {
  const known = { number: unknownField, expiry: unknownField, cvc: unknownField }
  let cardBrand: string | null = null
  const of = (field: FieldName): FieldEvent => ({
    field,
    ...known[field],
    complete: fieldNames.every((name) => known[name].state === 'complete'),
    brand: cardBrand,
  })
  return {
    of,
    note(field, state, message, brand = cardBrand) {
      const before = JSON.stringify(of(field))
      known[field] = { state, message }
      cardBrand = brand
      if (JSON.stringify(of(field)) !== before) options.onChange?.(of(field))
    },
    noteFocus(field, hasFocus) {
      const tell = hasFocus ? options.onFocus : options.onBlur
      tell?.(of(field))
    },
  }
}

const unknownField: Pick<FieldEvent, 'state' | 'message'> = { state: 'empty', message: null }
