"""What the server alone may know: read from Streamlit's secrets or the environment, never shown."""

import os

import streamlit as st
from pydantic import SecretStr


def secret(name: str) -> SecretStr | None:
    """The secret called ``name``, wrapped so that no message, log or picture of a variable spells it out."""
    # A probe first: without a file, Streamlit would put a red box on the page.
    found = st.secrets.get(name) if st.secrets.load_if_toml_exists() else None
    written = str(found or os.environ.get(name, "")).strip()
    return SecretStr(written) if written else None
