"""One file per concept: model, training, what is measured, figures. Nothing here imports Streamlit."""
