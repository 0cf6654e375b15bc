"""Taking the address, and what others call this machine."""

from __future__ import annotations

import os
import socket

import pytest

from timebank.listening import AddressRefused, listen, public_url
from timebank.settings import Settings


def test_a_free_port_is_taken_and_can_be_reached(port: int) -> None:
    with listen("127.0.0.1", port), socket.create_connection(("127.0.0.1", port), timeout=1):
        pass


def test_a_port_can_be_taken_again_right_after_a_stop(port: int) -> None:
    for _ in range(2):
        with listen("127.0.0.1", port) as taken, socket.create_connection(("127.0.0.1", port), timeout=1):
            taken.accept()[0].close()


def test_a_taken_port_is_named_with_another_to_try(port: int) -> None:
    with listen("127.0.0.1", port), pytest.raises(AddressRefused, match=rf"Port {port} .* taken.*TIMEBANK_PORT={port + 1}"):
        listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused(port: int) -> None:
    with pytest.raises(AddressRefused, match=r"cannot listen on 192\.0\.2\.1.*TIMEBANK_HOST"):
        listen("192.0.2.1", port)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every port")
def test_a_port_that_is_kept_for_root_is_refused_in_a_sentence() -> None:
    with pytest.raises(AddressRefused, match=r"kept for root|taken"):
        listen("127.0.0.1", 80)


def test_a_service_for_the_whole_network_calls_itself_by_an_address_that_phones_can_reach() -> None:
    assert "0.0.0.0" not in public_url(Settings(host="0.0.0.0", port=8000))
    assert public_url(Settings(host="0.0.0.0", public_url="https://time.example.org")) == "https://time.example.org"
    assert public_url(Settings(host="127.0.0.1", port=8123)) == "http://127.0.0.1:8123"
