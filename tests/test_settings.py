"""Settings: typed, checked at start, and every one of them listed."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from service.cli.serving import settings_table
from service.errors import SettingsError
from service.settings import VARIABLES, Settings, default_data_dir, load_settings
from tests.conftest import ROOT


def test_defaults() -> None:
    assert load_settings({}) == Settings(data_dir=ROOT / ".factcheck")


def test_every_field_has_its_variable() -> None:
    assert {variable.field for variable in VARIABLES} == {field.name for field in fields(Settings)}
    assert all(variable.name == f"FACTCHECK_{variable.field.upper()}" for variable in VARIABLES)


def test_the_help_lists_every_variable_with_its_default() -> None:
    table = settings_table()
    for variable in VARIABLES:
        assert variable.name in table
        assert f"{variable.meaning} [{variable.default}]" in table


def test_everything_set() -> None:
    settings = load_settings(
        {
            "FACTCHECK_DATABASE_URL": "postgresql://u:p@h:5433/d",
            "FACTCHECK_DATA_DIR": "/data",
            "FACTCHECK_HOST": "::1",
            "FACTCHECK_PORT": "0",
            "FACTCHECK_LOG_LEVEL": "WARNING",
            "FACTCHECK_POOL_SIZE": "3",
            "FACTCHECK_DATABASE_TIMEOUT": "2.5",
            "FACTCHECK_KEY_RATE": "600",
            "FACTCHECK_ADDRESS_RATE": "30",
            "FACTCHECK_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7,fd00::/8",
            "FACTCHECK_API_KEY": "fc_secret",
            "FACTCHECK_OUTBOUND_ALLOW": "10.0.0.0/8, [fd00::1]:8080,fd00::/8, archive.local:8080,archive",
            "FACTCHECK_CONTACT": "https://news.example/about-our-robot",
            "FACTCHECK_READ_DATABASE_URL": "postgresql://u:p@replica/d",
            "FACTCHECK_LOG_FORMAT": "JSON",
            "FACTCHECK_RECEIVE_TIMEOUT": "5",
            "FACTCHECK_SHUTDOWN_TIMEOUT": "25",
            "OTHER": "ignored",
            "FACTCHECK_TEST_DATABASE_URL": "the tests' own",
        }
    )
    assert settings == Settings(
        Path("/data").absolute(),
        "postgresql://u:p@h:5433/d",
        "::1",
        0,
        "warning",
        3,
        2.5,
        key_rate=600,
        address_rate=30,
        trusted_proxies=("10.0.0.0/8", "192.0.2.7", "fd00::/8"),
        api_key="fc_secret",
        outbound_allow=("10.0.0.0/8", "[fd00::1]:8080", "fd00::/8", "archive.local:8080", "archive"),
        contact="https://news.example/about-our-robot",
        read_database_url="postgresql://u:p@replica/d",
        log_format="json",
        receive_timeout=5.0,
        shutdown_timeout=25.0,
    )
    assert "fc_secret" not in repr(settings)
    assert "u:p@" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://hub.example.org/", "https://hub.example.org"),
        ("https://hub.example.org:8443/models", "https://hub.example.org:8443/models"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
        ("http://localhost:8090", "http://localhost:8090"),
        ("http://[::1]:8090", "http://[::1]:8090"),
    ],
)
def test_addresses_of_a_hub(given: str, address: str) -> None:
    assert load_settings({"FACTCHECK_MODEL_HUB": given}).model_hub == address


def test_a_token_is_not_shown_with_the_settings() -> None:
    settings = load_settings({"FACTCHECK_MODEL_HUB_TOKEN": "hf_secret"})
    assert settings.model_hub_token == "hf_secret"
    assert "secret" not in repr(settings)


def test_empty_is_unset() -> None:
    assert load_settings({"FACTCHECK_PORT": " ", "FACTCHECK_DATABASE_URL": ""}) == load_settings({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACTCHECK_PORT", "http"),
        ("FACTCHECK_PORT", "65536"),
        ("FACTCHECK_PORT", "-1"),
        ("FACTCHECK_PORT", "٨٠٠٠"),
        ("FACTCHECK_POOL_SIZE", "0"),
        ("FACTCHECK_POOL_SIZE", "1.5"),
        ("FACTCHECK_DATABASE_TIMEOUT", "0"),
        ("FACTCHECK_DATABASE_TIMEOUT", "nan"),
        ("FACTCHECK_DATABASE_TIMEOUT", "soon"),
        ("FACTCHECK_LOG_LEVEL", "loud"),
        ("FACTCHECK_KEY_RATE", "0"),
        ("FACTCHECK_ADDRESS_RATE", "many"),
        ("FACTCHECK_TRUSTED_PROXIES", "*"),
        ("FACTCHECK_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("FACTCHECK_TRUSTED_PROXIES", "proxy.example.org"),
        ("FACTCHECK_DATABASE_URL", "mysql://secret@h/d"),
        ("FACTCHECK_DATABASE_URL", "postgresql://secret@h"),
        ("FACTCHECK_DATABASE_URL", "postgresql://u:secret@h:port/d"),
        ("FACTCHECK_DATABASE_URL", "postgresql://u:secret@[h/d"),
        ("FACTCHECK_OUTBOUND_ALLOW", "http://archive.local"),
        ("FACTCHECK_OUTBOUND_ALLOW", "10.0.0.1/8"),
        ("FACTCHECK_OUTBOUND_ALLOW", "archive.local:0"),
        ("FACTCHECK_OUTBOUND_ALLOW", "archive.local:65536"),
        ("FACTCHECK_OUTBOUND_ALLOW", "archive.local:http"),
        ("FACTCHECK_OUTBOUND_ALLOW", "*"),
        ("FACTCHECK_OUTBOUND_ALLOW", "*.local"),
        ("FACTCHECK_CHECK_LINKS", "0"),
        ("FACTCHECK_CHECK_LINKS", "yes"),
        ("FACTCHECK_ARCHIVE", "maybe"),
        ("FACTCHECK_ARCHIVE_URL", "archive.example"),
        ("FACTCHECK_ARCHIVE_SAVE_URL", "https://u:secret@archive.example/save/"),
        ("FACTCHECK_GOOGLE_API_URL", "https://api.example/?key=secret"),
        ("FACTCHECK_GOOGLE_API_KEY", "secret\nX-Header: 1"),
        ("FACTCHECK_GOOGLE_QUOTA", "many"),
        ("FACTCHECK_UPSTREAM_BUDGET", "0"),
        ("FACTCHECK_CONTACT", "the secret desk"),
        ("FACTCHECK_CONTACT", "desk@news.example\n(secret)"),
        ("FACTCHECK_DATABASE_URL", "postgresql://u:secret@h/d?pooler=statement"),
        ("FACTCHECK_MODEL_HUB", "hub.example.org"),
        ("FACTCHECK_MODEL_HUB", "http://hub.example.org"),
        ("FACTCHECK_MODEL_HUB", "http://127.0.0.1.example.org"),
        ("FACTCHECK_MODEL_HUB", "https://hub example.org"),
        ("FACTCHECK_MODEL_HUB", "ftp://127.0.0.1"),
        ("FACTCHECK_MODEL_HUB", "https://u:secret@hub.example.org"),
        ("FACTCHECK_MODEL_HUB", "https://hub.example.org/?token=secret"),
        ("FACTCHECK_MODEL_HUB", "https://hub.example.org:port"),
        ("FACTCHECK_MODEL_HUB_TOKEN", "secret\nX-Header: 1"),
        ("FACTCHECK_MODEL_HUB_TOKEN", "secret secret"),
        ("FACTCHECK_MODEL_HUB_TOKEN", "secrét"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings({name: value})
    assert "secret" not in caught.value.detail


def test_a_misspelt_setting_is_an_error_with_a_hint() -> None:
    with pytest.raises(SettingsError, match="did you mean FACTCHECK_PORT"):
        load_settings({"FACTCHECK_PROT": "80"})
    with pytest.raises(SettingsError, match="is not a setting"):
        load_settings({"FACTCHECK_COLOUR": "red"})


def test_outside_a_checkout_the_data_goes_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.settings.checkout", lambda: None)
    assert ROOT not in default_data_dir().parents
    assert default_data_dir().name == "factcheck"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_addresses_that_only_this_machine_reaches(host: str) -> None:
    assert replace(load_settings({}), host=host).loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", ""])
def test_addresses_that_others_reach(host: str) -> None:
    assert not replace(load_settings({}), host=host).loopback
