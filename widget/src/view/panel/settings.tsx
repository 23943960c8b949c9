// What a member can set for themselves.

import { useState } from "preact/hooks";
import { LANGUAGES } from "../../locale/index.ts";
import type { Settings } from "../../model/state.ts";
import { personOf, useView } from "../context.ts";
import { Ask, type Question } from "../part/ask.tsx";
import { Avatar } from "../part/avatar.tsx";
import { Button, IconButton, Switch } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";

const THEMES = ["auto", "light", "dark"] as const;

export function SettingsPanel() {
  const { state, commands, t, mode, isNarrow } = useView();
  const [question, setQuestion] = useState<Question | null>(null);
  const { settings } = state;
  const toggle = (name: "sound" | "autoOpen" | "desktop" | "minimised") => ({
    isOn: settings[name],
    onChange: (isOn: boolean) => commands.setSetting(name, isOn),
  });
  const signOut = {
    title: t("settings.signOut.ask"),
    hint: t("settings.signOut.hint"),
    yes: t("settings.signOut.yes"),
    act: () => commands.signOut(),
  };
  return (
    <>
      <PanelHead title={t("settings.title")} />
      <div class="scroll settings">
        <ThemeChoice theme={settings.theme} />
        <LanguageChoice language={settings.language} />
        <section aria-labelledby="alerts">
          <h3 id="alerts">{t("settings.alerts")}</h3>
          <Switch label={t("settings.sound")} {...toggle("sound")} />
          {mode === "bar" && <Switch label={t("settings.autoOpen")} {...toggle("autoOpen")} />}
          <Switch label={t("settings.desktop")} {...toggle("desktop")} />
        </section>
        {mode === "bar" && !isNarrow && (
          <section aria-labelledby="bar">
            <h3 id="bar">{t("settings.bar")}</h3>
            <Switch label={t("settings.minimised")} {...toggle("minimised")} />
          </section>
        )}
        <Blocked />
        <section>
          <button type="button" class="row plain danger" onClick={() => setQuestion(signOut)}>
            <Icon name="power" />
            {t("settings.signOut")}
          </button>
        </section>
      </div>
      {question !== null && <Ask question={question} close={() => setQuestion(null)} />}
    </>
  );
}

/** The head of a panel that goes back to the roster. */
export function PanelHead({ title }: { title: string }) {
  const { commands, t } = useView();
  return (
    <header class="head">
      <IconButton icon="back" label={t("common.back")} onClick={() => commands.setPanel("roster")} />
      <h2>{title}</h2>
    </header>
  );
}

function ThemeChoice({ theme }: { theme: Settings["theme"] }) {
  const { commands, t } = useView();
  return (
    <fieldset class="choices">
      <legend>{t("settings.theme")}</legend>
      <div>
        {THEMES.map((one) => (
          <label key={one} class={one === theme ? "chosen" : undefined}>
            <input type="radio" name="theme" checked={one === theme} onChange={() => commands.setSetting("theme", one)} />
            {t(`settings.theme.${one}`)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function LanguageChoice({ language }: { language: string }) {
  const { commands, t } = useView();
  return (
    <label class="select">
      <span>{t("settings.language")}</span>
      <span class="select-box">
        <select value={language} onChange={(event) => commands.setSetting("language", event.currentTarget.value)}>
          <option value="auto">{t("settings.language.auto")}</option>
          {Object.entries(LANGUAGES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
        <Icon name="chevron" size={16} />
      </span>
    </label>
  );
}

function Blocked() {
  const { state, commands, t } = useView();
  return (
    <section aria-labelledby="blocked">
      <h3 id="blocked">{t("settings.blocked")}</h3>
      {state.blocked.length === 0 ? (
        <p class="hint">{t("settings.blocked.none")}</p>
      ) : (
        <ul>
          {state.blocked.map((id) => {
            const { name, picture } = personOf(state, id);
            return (
              <li key={id} class="row plain">
                <Avatar id={id} name={name} picture={picture} size={32} />
                <span class="name">
                  <bdi>{name}</bdi>
                </span>
                <Button onClick={() => commands.block(id, false)}>{t("chat.unblock")}</Button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
