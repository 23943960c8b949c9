//! Behaviour as plays: every `*.scene` in this folder over every transport. By default each is played on a server of its
//! own; `NEXTIM_SCENES_TARGET=http://127.0.0.1:8000` plays them on a running demonstration instead (with the graces of its
//! configuration in `NEXTIM_SCENES_GRACES_MS`), and `NEXTIM_SCENE=words` only those whose file name has the words.

mod inbox;
mod observe;
mod script;
mod stage;
mod target;

use crate::support::transport::Transport;
use crate::support::{Server, hasty};
use nextim::live::Times;
use script::Scene;
use stage::Stage;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Servers at a time: more would make each other slow, and scenes know times.
const STAGES: usize = 8;

/// The file names and contents of all scenes.
fn scenes() -> Vec<(String, Scene)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenes");
    let only = std::env::var("NEXTIM_SCENE").unwrap_or_default();
    let entries = std::fs::read_dir(&folder).expect("the folder of the scenes");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "scene")).collect();
    paths.sort();
    let named = paths.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a readable scene");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let scene = script::parse(&text).unwrap_or_else(|error| panic!("tests/it/scenes/{name}, {error}"));
        (name, scene)
    });
    named.filter(|(name, _)| name.contains(&only)).collect()
}

/// Plays a scene to its end, or to the step that fails.
async fn play(name: &str, scene: &Scene, transport: Transport, target: Option<Target>) -> Result<(), String> {
    let (server, address, graces) = match target {
        Some(target) => {
            target.put_in_order().await;
            (None, target.address, target.graces)
        }
        None => {
            // A reload must fit into the grace, also where many servers share a machine.
            let times = Times { session_grace_ms: 600, user_grace_ms: 600, ..hasty() };
            let server = Server::start_with(|config| config.times = times).await;
            let address = server.address;
            (Some(server), address, Duration::from_millis(times.session_grace_ms + times.user_grace_ms + 150))
        }
    };
    let mut stage = Stage::new(server, address, transport, graces).await;
    let by = transport.word();
    for line in &scene.lines {
        let at = || format!("tests/it/scenes/{name}:{} ({by}) {}\n    {}", line.number, scene.title, line.text);
        stage.play(&line.step).await.map_err(|seen| format!("{}\n    but {seen}", at()))?;
    }
    stage.finish().await.map_err(|seen| format!("tests/it/scenes/{name} ({by}) {}\n    {seen}", scene.title))?;
    if let Some(mut server) = stage.server.take() {
        drop(stage);
        server.stop().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scene_over_every_transport() {
    let target = Target::from_environment();
    let scenes: Vec<_> = scenes().into_iter().map(Arc::new).collect();
    // On a server that is not ours the members are the same ones in every scene, so one plays after the other.
    let stages = Arc::new(Semaphore::new(if target.is_some() { 1 } else { STAGES }));
    let mut playing = JoinSet::new();
    for transport in Transport::ALL {
        for scene in &scenes {
            if target.is_some() && scene.1.needs_own_server {
                println!("{} needs a server of its own and is left out", scene.0);
                continue;
            }
            let (scene, stages) = (Arc::clone(scene), Arc::clone(&stages));
            playing.spawn(async move {
                let _turn = stages.acquire().await.expect("never closed");
                play(&scene.0, &scene.1, transport, target).await
            });
        }
    }
    let count = playing.len();
    let mut failures: Vec<String> = Vec::new();
    while let Some(played) = playing.join_next().await {
        failures.extend(played.unwrap_or_else(|panic| Err(panic.to_string())).err());
    }
    failures.sort();
    assert!(failures.is_empty(), "{} of {count} plays failed:\n\n{}\n", failures.len(), failures.join("\n\n"));
}
