"""The Streamlit side of EOExplore: the frame, the selection bar, the map component."""
