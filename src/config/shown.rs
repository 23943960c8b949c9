//! The configuration as it holds, for whoever wonders where a value comes from.

use super::{AdminListen, Config, people};
use toml::Value;

impl Config {
    /// Every setting as it holds, by section, as a configuration file would say it; keys of sites' servers and addresses with passwords are not shown.
    pub fn shown(&self) -> String {
        let quoted = |text: &dyn std::fmt::Display| Value::String(text.to_string()).to_string();
        let word = |word: &dyn std::fmt::Debug| quoted(&format!("{word:?}").to_lowercase());
        let admin = match self.admin_listen {
            AdminListen::Off => quoted(&"off"),
            AdminListen::At(address) => quoted(&address),
            AdminListen::Anywhere => format!("{}   # or the next free port", quoted(&"127.0.0.1:9464")),
        };
        let unset = |key: &str, why: &str| format!("# {key} is not set: {why}");
        let nets = |nets: &[ipnet::IpNet]| nets.iter().map(|net| quoted(net)).collect::<Vec<_>>().join(", ");
        let next = if self.next_port { "   # or the next free port" } else { "" };
        let times = &self.times;
        let mut lines = vec![
            "[server]".to_owned(),
            format!("listen = {}{next}", quoted(&self.listen)),
            format!("data = {}", quoted(&self.data.display())),
            self.public_url
                .as_ref()
                .map_or(unset("public_url", "as requests say"), |url| format!("public_url = {}", quoted(url))),
            self.tls.as_ref().map_or(unset("tls_certificate", "plain HTTP, or a proxy in front"), |files| {
                let (certificate, key) = (quoted(&files.certificate.display()), quoted(&files.key.display()));
                format!("tls_certificate = {certificate}\ntls_key = {key}")
            }),
            format!("admin_listen = {admin}"),
            if self.admin_token.is_some() {
                "# admin_token is set".to_owned()
            } else {
                unset("admin_token", "none is needed")
            },
            format!("trusted_proxies = [{}]", nets(&self.trusted_proxies)),
            self.demonstration.map_or(unset("demonstration", "on unless the data has a site of its own"), |on| {
                format!("demonstration = {on}")
            }),
            "\n[stream]".to_owned(),
            format!("poll_hold_ms = {}", times.poll_hold_ms),
            format!("session_grace_ms = {}", times.session_grace_ms),
            format!("user_grace_ms = {}", times.user_grace_ms),
            format!("ticket_idle_ms = {}", times.ticket_idle_ms),
            format!("ticket_life_ms = {}", self.ticket_life_ms),
            format!("presence_wake_ms = {}", times.presence_wake_ms),
            "\n[limits]".to_owned(),
            format!("connections_per_address = {}", self.connections_per_address),
            self.rates.map_or(unset("rates", "internet, and open for the demonstration"), |rates| {
                format!("rates = {}", word(&rates))
            }),
            "\n[outgoing]".to_owned(),
            format!("allow = [{}]", nets(&self.outgoing_allow)),
            "\n[log]".to_owned(),
            format!("format = {}", word(&self.log_format)),
            format!("filter = {}", quoted(&self.log_filter)),
        ];
        let names = self
            .sites
            .keys()
            .chain(self.server_keys.keys())
            .chain(self.people.keys())
            .collect::<std::collections::BTreeSet<_>>();
        for name in names {
            lines.push(format!("\n[sites.{}]", quoted(name)));
            let given = self.sites.get(name).into_iter().flatten();
            lines.extend(given.map(|(option, value)| format!("{option} = {}", quoted(value))));
            lines.extend(self.server_keys.contains_key(name).then(|| "# a key of its server is set".to_owned()));
            lines.extend(self.people.get(name).into_iter().flat_map(|settings| people::shown(name, settings)));
        }
        lines.join("\n") + "\n"
    }
}
