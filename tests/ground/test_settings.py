"""Settings that make no sense are refused, all at once, each with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from timebank import ground, settings
from timebank.settings import Settings, SettingsRefused

SOUND = {
    "TIMEBANK_PUBLIC_URL": "https://time.example.org",
    "TIMEBANK_SENDER": "webhook",
    "TIMEBANK_SENDER_URL": "https://sms.example.org/codes",
}


def refused(**changed: str) -> str:
    with pytest.raises(SettingsRefused) as refusal:
        settings.read(SOUND | {f"TIMEBANK_{name}": value for name, value in changed.items()})
    return str(refusal.value)


def test_sound_production_settings_are_taken() -> None:
    read = settings.read(SOUND)
    assert read.mode == "production"
    assert read.is_secure


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("PORT", "0", "between 1 and 65535"),
        ("PORT", "65536", "between 1 and 65535"),
        ("PORT", "eighty", "wrong form"),
        ("MODE", "fun", "wrong form"),
        ("TIME_ZONE", "Mars/Olympus", "not a known zone"),
        ("API_PROCESSES", "0", "at least 1"),
        ("POOL_SIZE", "1", "at least 2"),
        ("DATABASE_URL", "mysql://there", "must start with postgresql://"),
        ("OWNER_URL", "there", "must start with postgresql://"),
        ("REDIS_URL", "http://there", "must start with redis://"),
        ("PUBLIC_URL", "time.example.org", "must start with http"),
        ("SENDER_URL", "sms.example.org", "an http(s) address"),
        ("SECRET", "short", "at least 32 characters"),
        ("COLOUR", "blue", "TIMEBANK_COLOUR is not a setting"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: str, said: str) -> None:
    assert said in refused(**{name: value})


def test_all_reasons_are_told_at_once() -> None:
    said = refused(PORT="0", TIME_ZONE="Mars/Olympus", COLOUR="blue")
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("PUBLIC_URL", "", "TIMEBANK_PUBLIC_URL is needed"),
        ("SENDER", "console", "prints sign-in codes"),
        ("DATABASE_URL", "postgresql://there/timebank", "TIMEBANK_SECRET is needed"),
    ],
)
def test_production_refuses_what_only_a_demo_may_do(name: str, value: str, said: str) -> None:
    assert said in refused(**{name: value})
    settings.read(SOUND | {f"TIMEBANK_{name}": value, "TIMEBANK_MODE": "demo"})


def test_lists_are_separated_by_commas() -> None:
    read = settings.read(SOUND | {"TIMEBANK_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.2 ,"})
    assert read.trusted_proxies == ("127.0.0.1", "10.0.0.2")


def test_what_a_child_process_reads_is_what_its_parent_had() -> None:
    given = Settings(
        mode="demo",
        port=8123,
        database_url="postgresql://a:b@/timebank?host=/run/x",
        data=Path("/somewhere"),
        secret="x" * 32,
        trusted_proxies=("127.0.0.1", "10.0.0.2"),
        api_processes=3,
    )
    assert settings.read(ground.environment(given)) == given
