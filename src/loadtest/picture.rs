//! Latency over time as a picture: plain SVG, legible in light and in dark surroundings.

use super::report::{Point, Report};
use serde_json::Value;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 76.0;
const TOP: f64 = 74.0;
const BOTTOM: f64 = 52.0;
/// Marks on the axis of time, at most.
const TIME_MARKS: usize = 10;

const STYLE: &str = "
  text { font: 13px system-ui, sans-serif; fill: #57606a; font-variant-numeric: tabular-nums; }
  .title { font-size: 17px; font-weight: 600; fill: #1f2328; } .back { fill: #ffffff; }
  .grid { stroke: #d8dee4; stroke-width: 1; } .fine { stroke: #eef1f4; stroke-width: 1; }
  .p50, .p99 { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
  .p50 { stroke: #0969da; } .p99 { stroke: #bc4c00; } .dot50 { fill: #0969da; } .dot99 { fill: #bc4c00; }
  .between { fill: #bc4c00; opacity: 0.08; } .name50 { fill: #0969da; font-weight: 600; } .name99 { fill: #bc4c00; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1; } .title { fill: #f0f6fc; } .back { fill: #0d1117; } .grid { stroke: #30363d; } .fine { stroke: #1c2128; }
    .p50 { stroke: #4493f8; } .p99 { stroke: #f0883e; } .dot50, .name50 { fill: #4493f8; } .dot99, .name99 { fill: #f0883e; }
    .between { fill: #f0883e; opacity: 0.12; }
  }";

/// Where things are drawn: seconds to the right, milliseconds upwards by decades.
struct Scale {
    seconds: f64,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(points: &[Point]) -> Self {
        let values = || points.iter().filter(|at| at.count > 0).flat_map(|at| [at.p50_ms, at.p99_ms]);
        let least = values().fold(f64::INFINITY, f64::min).clamp(0.01, 100_000.0);
        let most = values().fold(0.0, f64::max).clamp(0.1, 10_000_000.0);
        let low = least.log10().floor();
        Self { seconds: points.len().max(2) as f64, low, high: most.log10().ceil().max(low + 1.0) }
    }

    fn x(&self, second: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * second / self.seconds
    }

    fn y(&self, ms: f64) -> f64 {
        let part = (ms.max(0.000_1).log10() - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part.clamp(0.0, 1.0)
    }
}

/// The picture of a result.
pub fn svg(report: &Report) -> String {
    let json = report.json();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_f64().map_or("-".into(), in_words);
    let title = format!("{}, {} members by {}", text("scenario"), json["members"], text("transports"));
    let latency = &json["latency_ms"];
    let facts = ["p50", "p99", "p999", "max"]
        .map(|name| format!("{} {} ms", name.replace("p999", "p99.9"), number(&latency[name])));
    let losses = format!("delivered {}, lost {}, twice {}", json["delivered"], json["lost"], json["duplicated"]);
    draw(&title, &format!("{} · {losses}", facts.join(" · ")), &report.points)
}

fn draw(title: &str, facts: &str, points: &[Point]) -> String {
    let (scale, mut out) = (Scale::of(points), String::new());
    let label = format!("{title}: latency over time. {facts}");
    let mut put = |piece: String| {
        // Writing to memory cannot fail.
        writeln!(out, "{piece}").ok();
    };
    put(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(&label)
    ));
    put(format!("<style>{STYLE}\n</style>\n<rect class=\"back\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>"));
    put(format!("<text class=\"title\" x=\"24\" y=\"32\">{}</text>", escaped(title)));
    put(format!("<text x=\"24\" y=\"53\">{}</text>", escaped(facts)));
    axes(&scale, points.len(), &mut put);
    for run in runs(points) {
        curves(&scale, &run, &mut put);
    }
    if let Some(((at, last), x)) = last(points).map(|found| (found, WIDTH - RIGHT + 8.0)) {
        // Names stand beside the ends of their lines, and never on one another.
        let (y99, y50) = (scale.y(last.p99_ms), scale.y(last.p50_ms));
        let y50 = y50.max(y99 + 16.0);
        let x = x.min(scale.x(at as f64 + 0.5) + 8.0);
        put(format!("<text class=\"name99\" x=\"{x:.1}\" y=\"{:.1}\">p99</text>", y99 + 4.0));
        put(format!("<text class=\"name50\" x=\"{x:.1}\" y=\"{:.1}\">p50</text>", y50 + 4.0));
    }
    put("</svg>".into());
    out
}

fn axes(scale: &Scale, seconds: usize, put: &mut impl FnMut(String)) {
    let (right, base) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut line = |y: f64, class: &str| {
        put(format!("<line class=\"{class}\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>"));
    };
    let mut decade = scale.low;
    while decade <= scale.high {
        for step in [2.0, 5.0].into_iter().filter(|_| decade < scale.high) {
            line(scale.y(step * 10_f64.powf(decade)), "fine");
        }
        line(scale.y(10_f64.powf(decade)), "grid");
        decade += 1.0;
    }
    let mut decade = scale.low;
    while decade <= scale.high {
        let (x, y, name) = (LEFT - 8.0, scale.y(10_f64.powf(decade)) + 4.0, in_words(10_f64.powf(decade)));
        put(format!("<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{name} ms</text>"));
        decade += 1.0;
    }
    let step = step_of(seconds);
    for second in (0..=scale.seconds as usize).step_by(step) {
        let x = scale.x(second as f64);
        put(format!("<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{second}</text>", base + 20.0));
    }
    put(format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">seconds since the load began</text>",
        (LEFT + right) / 2.0,
        base + 42.0
    ));
}

/// Seconds between two marks: 1, 2, 5, 10, …
fn step_of(seconds: usize) -> usize {
    let steps = (0..9).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_usize.pow(power)));
    steps.into_iter().find(|step| seconds / step <= TIME_MARKS).unwrap_or(seconds.max(1))
}

/// Stretches of seconds in which something was measured: between them there is no line.
fn runs(points: &[Point]) -> Vec<Vec<(usize, Point)>> {
    let mut runs: Vec<Vec<(usize, Point)>> = Vec::new();
    for (at, point) in points.iter().enumerate().filter(|(_, point)| point.count > 0) {
        match runs.last_mut().filter(|run| run.last().is_some_and(|(before, _)| before + 1 == at)) {
            Some(run) => run.push((at, *point)),
            None => runs.push(vec![(at, *point)]),
        }
    }
    runs
}

fn last(points: &[Point]) -> Option<(usize, Point)> {
    runs(points).last().and_then(|run| run.last().copied())
}

fn curves(scale: &Scale, run: &[(usize, Point)], put: &mut impl FnMut(String)) {
    let place = |at: usize, ms: f64| format!("{:.1},{:.1}", scale.x(at as f64 + 0.5), scale.y(ms));
    let upper: Vec<String> = run.iter().map(|(at, point)| place(*at, point.p99_ms)).collect();
    let lower: Vec<String> = run.iter().map(|(at, point)| place(*at, point.p50_ms)).collect();
    let around: Vec<&str> = upper.iter().chain(lower.iter().rev()).map(String::as_str).collect();
    put(format!("<polygon class=\"between\" points=\"{}\"/>", around.join(" ")));
    put(format!("<polyline class=\"p99\" points=\"{}\"/>", upper.join(" ")));
    put(format!("<polyline class=\"p50\" points=\"{}\"/>", lower.join(" ")));
    for (at, point) in run {
        let x = scale.x(*at as f64 + 0.5);
        let title = |name: &str, ms: f64| {
            format!("<title>second {at}: {name} {} ms, {} measured</title>", in_words(ms), point.count)
        };
        let dot = |class: &str, name: &str, ms: f64| {
            format!(
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3\">{}</circle>",
                scale.y(ms),
                title(name, ms)
            )
        };
        put(dot("dot99", "p99", point.p99_ms));
        put(dot("dot50", "p50", point.p50_ms));
    }
}

/// As many digits as say something.
fn in_words(value: f64) -> String {
    if value >= 100.0 {
        return format!("{value:.0}");
    }
    let text = if value >= 10.0 { format!("{value:.1}") } else { format!("{value:.2}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_no_line_and_every_point_is_inside() {
        let point = |p50_ms, count| Point { p50_ms, p99_ms: p50_ms * 12.0, count };
        let points = [point(1.0, 5), point(2.0, 5), point(0.0, 0), point(300.0, 5)];
        let picture = draw("a < b", "facts", &points);
        assert_eq!(picture.matches("<polyline class=\"p99\"").count(), 2);
        assert!(picture.contains("a &lt; b"));
        for piece in picture.split("cy=\"").skip(1) {
            let y: f64 = piece.split('"').next().and_then(|text| text.parse().ok()).expect("a number");
            assert!((TOP..=HEIGHT - BOTTOM).contains(&y), "{y}");
        }
        assert!(draw("nothing", "", &[]).ends_with("</svg>\n"));
    }

    #[test]
    fn marks_of_time_are_few() {
        for seconds in [1, 9, 10, 59, 600, 86_400] {
            assert!(seconds / step_of(seconds) <= TIME_MARKS, "{seconds}");
        }
    }
}
