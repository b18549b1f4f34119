import { type CardFields, type FieldsOptions, type Fincore, loadFincore } from '@fincore/browser'
import { type ReactElement, type Ref, useEffect, useRef, useState } from 'react'

/** The card fields of a page, as far as they have come. */
export type CardFieldsState =
  | { status: 'loading' }
  | { status: 'ready'; fincore: Fincore; fields: CardFields }
  | { status: 'failed'; message: string }

type Settings = { api: string; publishableKey: string } & Pick<FieldsOptions, 'theme' | 'onChange'>

/**
 * Draws the fields into the element that gets `place`, and takes them away when it goes. In development StrictMode mounts
 * everything twice: the first fields are aborted while they are drawn, and the second are those that stay.
 */
export function useCardFields({ api, publishableKey, theme, onChange }: Settings): {
  place: Ref<HTMLDivElement>
  state: CardFieldsState
} {
  const place = useRef<HTMLDivElement>(null)
  const [state, setState] = useState<CardFieldsState>({ status: 'loading' })
  // The newest handler is called, and a new one does not draw the fields anew: the shopper would lose what they typed.
  const newestOnChange = useRef(onChange)
  useEffect(() => {
    newestOnChange.current = onChange
  }, [onChange])

  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    const draw = async () => {
      const fincore = await loadFincore({ api, publishableKey })
      if (signal.aborted || place.current === null) return
      const fields = await fincore.mountCardFields(place.current, {
        ...(theme && { theme }),
        onChange: (event) => newestOnChange.current?.(event),
        signal,
      })
      setState({ status: 'ready', fincore, fields })
    }
    setState({ status: 'loading' })
    draw().catch((error: Error) => {
      if (!signal.aborted) setState({ status: 'failed', message: error.message })
    })
    return () => leaving.abort()
  }, [api, publishableKey, theme])

  return { place, state }
}

/** Where the fields stand. React leaves what is inside alone, since it has put nothing there. */
export function CardFieldsPlace({ place, state }: ReturnType<typeof useCardFields>): ReactElement {
  return (
    <>
      <div ref={place} aria-busy={state.status === 'loading'} />
      {state.status === 'failed' && <p role="alert">{state.message}</p>}
    </>
  )
}
