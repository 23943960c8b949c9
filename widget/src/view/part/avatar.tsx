// A picture of a person or a room: their own, or one that we draw from the id and the name.

import { useState } from "preact/hooks";
import type { Show } from "../../model/state.ts";
import { pictureAddress } from "../chat/links.ts";
import { useFrame } from "../context.ts";
import { artOf, initialsOf } from "./art.ts";
import { PresenceSign } from "./presence.tsx";

interface Properties {
  id: string;
  name: string;
  picture: string;
  /** Side in CSS pixels. */
  size: number;
  show?: Show;
  isRoom?: boolean;
}

const SHAPES = ["M-5 26a24 24 0 0 1 48 0v20H-5z", "M20-8l34 28-34 28z", "M24 24m-20 0a20 20 0 1 0 40 0 20 20 0 1 0-40 0z"] as const;

/** Nothing for screen readers: the name stands beside it. */
export function Avatar({ id, name, picture, size, show, isRoom = false }: Properties) {
  const { base } = useFrame();
  const [broken, setBroken] = useState("");
  const address = picture === broken ? null : pictureAddress(picture, base);
  return (
    <span class={isRoom ? "avatar room" : "avatar"} part="avatar" aria-hidden="true" style={{ "--size": `${size}px` }}>
      {address === null ? (
        <DefaultPicture id={id} name={name} />
      ) : (
        <img src={address} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" onError={() => setBroken(picture)} />
      )}
      {show !== undefined && <PresenceSign show={show} />}
    </span>
  );
}

function DefaultPicture({ id, name }: { id: string; name: string }) {
  const art = artOf(id);
  const initials = initialsOf(name);
  return (
    <span class={initials.length > 1 ? "default two" : "default"} style={{ "--from": art.from, "--to": art.to }}>
      <svg viewBox="0 0 40 40" aria-hidden="true">
        <path d={SHAPES[art.shape]} transform={`rotate(${art.turn} 20 20)`} />
      </svg>
      <span data-initials={initials} />
    </span>
  );
}
